/// What servers said by which they turned clients away, kept for who asked to have it quoted: one
/// line of each.
struct ServerWords {
    /// Remember at most this many that have not ended, and as many flows with those that have.
    static let limit = 1024
    /// Look at no more bytes of one.
    private static let bytesRead = 512
    /// Show no more characters of one.
    private static let charactersShown = 80

    /// Whether anybody wants them: payload is private.
    var areWanted = false
    private var words: [UInt32: ShownText] = [:]

    var isEmpty: Bool { words.isEmpty }

    subscript(streamState: UInt32) -> ShownText? { words[streamState] }

    /// Keeps the first words of a server; `streamState` is the number of its stream's state.
    mutating func note(_ payload: RawSpan, in streamState: UInt32) {
        guard words.count < Self.limit else { return }
        let text = ShownText(foreign: Self.line(of: payload), limit: Self.charactersShown)
        if !text.text.isEmpty { words[streamState] = text }
    }

    mutating func forget(_ streamState: UInt32) { words[streamState] = nil }

    /// The first line, or what a database wraps as the text of an error.
    private static func line(of payload: RawSpan) -> [UInt8] {
        let end = min(payload.byteCount, bytesRead)
        return Array(
            text(of: payload, upTo: end).map { payload.octet(at: $0) }
                .prefix { $0 != 0x0A && $0 != 0x0D && $0 != 0 }
        )
    }

    private static func text(of payload: RawSpan, upTo end: Int) -> Range<Int> {
        switch ServerRefusal(of: payload) {
        case .mysqlLimit, .mysqlAccess, .mysql:
            // Behind the code there may be a hash sign and five characters of SQLSTATE.
            let start = end > 13 && payload.octet(at: 7) == 0x23 ? 13 : 7
            return min(start, end)..<end
        case .postgresLimit, .postgresAccess, .postgresShutdown, .postgres:
            return field(0x4D, ofPostgreSQL: payload) ?? 0..<0
        default: return 0..<end
        }
    }

    /// Where the text of a field of PostgreSQL's ErrorResponse is; `nil` where there is none.
    static func field(_ type: UInt8, ofPostgreSQL payload: RawSpan) -> Range<Int>? {
        let end = min(payload.byteCount, bytesRead)
        var start = 5
        while start < end, payload.octet(at: start) != 0 {
            var stop = start + 1
            while stop < end, payload.octet(at: stop) != 0 { stop += 1 }
            if payload.octet(at: start) == type { return start + 1..<stop }
            start = stop + 1
        }
        return nil
    }
}
