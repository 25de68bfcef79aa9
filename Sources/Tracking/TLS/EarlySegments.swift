/// Segments of TLS sessions that were captured before what lies in front of them, over a header.
///
/// They are read once the hole is filled. Nothing else of a payload is ever kept.
struct EarlySegments {
    /// As many wait in one direction.
    private static let mostInStream = 8
    /// As many octets wait in all.
    private static let mostOctets = 1 << 22

    /// One that waits, with its payload.
    struct Segment {
        let source: TLSSession.Source
        let event: Event
        let octets: [UInt8]
    }

    private var waiting: [UInt64: [Segment]] = [:]
    private var octets = 0

    var isEmpty: Bool { waiting.isEmpty }

    private static func key(_ session: Int, _ side: Side) -> UInt64 {
        UInt64(session) << 1 | UInt64(side.rawValue)
    }

    /// - Returns: `false` where there is no room.
    mutating func add(
        _ payload: RawSpan,
        from source: TLSSession.Source,
        of event: Event,
        to session: Int
    ) -> Bool {
        let copy = (0..<payload.byteCount).map { payload.octet(at: $0) }
        return add(Segment(source: source, event: event, octets: copy), to: session)
    }

    /// - Returns: `false` where there is no room.
    mutating func add(_ segment: Segment, to session: Int) -> Bool {
        let key = Self.key(session, segment.source.side)
        guard octets + segment.octets.count <= Self.mostOctets,
            waiting[key]?.count ?? 0 < Self.mostInStream
        else { return false }
        waiting[key, default: []].append(segment)
        octets += segment.octets.count
        return true
    }

    func isWaiting(_ side: Side, in session: Int) -> Bool {
        waiting[Self.key(session, side)] != nil
    }

    /// Takes what waits in a direction, in order of sequence numbers.
    mutating func take(of side: Side, in session: Int) -> [Segment] {
        guard let segments = waiting.removeValue(forKey: Self.key(session, side)) else { return [] }
        octets -= segments.reduce(0) { $0 + $1.octets.count }
        return segments.sorted { $0.source.sequence.distance(to: $1.source.sequence) > 0 }
    }
}
