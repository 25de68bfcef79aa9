/// What the sender of a RST says in it of its reason: as text (RFC 9293 §3.5.3 allows it; F5 and
/// others use it), or in the option MP_TCPRST of Multipath TCP (RFC 8684 §3.6).
package struct ResetReason: Hashable, Sendable {
    /// Printable ASCII, up to `textLimit` characters; empty where there is none.
    package let text: String
    /// The code of MP_TCPRST, `nil` without the option.
    package let multipathCode: UInt8?

    /// No more of a text is kept, in characters.
    static let textLimit = 120

    /// - Returns: `nil` where the RST says nothing, or nothing that can be read.
    init?(of segment: borrowing FlowSegment) {
        let frame = segment.octets
        let end = min(Int(segment.payloadOffset), frame.byteCount)
        let behind = frame.byteCount - end
        let length = min(behind, Int(segment.payloadLength), Self.textLimit)
        text = Self.text(in: frame.extracting(droppingFirst: end).extracting(first: length))
        multipathCode = Self.multipathCode(of: segment, endingAt: end, in: frame)
        if text.isEmpty, multipathCode == nil { return nil }
    }

    /// What can be read of a payload, if all of it can be.
    private static func text(in payload: RawSpan) -> String {
        var octets = (0..<payload.byteCount).map { payload.octet(at: $0) }
        while let last = octets.last, last == 0 || last == 0x0A || last == 0x0D || last == 0x20 {
            octets.removeLast()
        }
        guard octets.allSatisfy({ (0x20...0x7E).contains($0) }) else { return "" }
        return String(decoding: octets, as: UTF8.self)
    }

    /// Looks for the option in the TCP header that ends at `end`: its own length and its ports tell
    /// where it begins.
    private static func multipathCode(
        of segment: borrowing FlowSegment,
        endingAt end: Int,
        in frame: RawSpan
    ) -> UInt8? {
        let lengths = stride(from: TCPHeader.minimumLength + 4, through: min(60, end), by: 4)
        let found = lengths.first { length in
            let begin = end - length
            return Int(frame.octet(at: begin + 12) >> 4) * 4 == length
                && frame.bigEndian(at: begin, as: UInt16.self) == segment.source.port
                && frame.bigEndian(at: begin + 2, as: UInt16.self) == segment.destination.port
                && frame.bigEndian(at: begin + 4, as: UInt32.self) == segment.sequence.rawValue
        }
        guard let length = found else { return nil }
        var offset = end - length + TCPHeader.minimumLength
        while offset < end {
            let kind = frame.octet(at: offset)
            if kind == 0 { return nil }
            let step = kind == 1 ? 1 : offset + 1 < end ? Int(frame.octet(at: offset + 1)) : 0
            guard step > 0, kind == 1 || step > 1, offset + step <= end else { return nil }
            // Kind 30 is Multipath TCP, and its subtype 8 is MP_TCPRST.
            if kind == 30, step == 4, frame.octet(at: offset + 2) >> 4 == 8 {
                return frame.octet(at: offset + 3)
            }
            offset += step
        }
        return nil
    }
}

/// What RSTs say of their reasons, by their packets.
struct ResetReasons {
    /// As many are kept.
    private static let limit = 4096

    private var reasons: [UInt64: ResetReason] = [:]
    /// Reasons that found no room.
    private(set) var refused: UInt64 = 0

    var isEmpty: Bool { reasons.isEmpty }

    mutating func note(_ reason: ResetReason, of packet: UInt64) {
        guard reasons.count < Self.limit else {
            refused &+= 1
            return
        }
        reasons[packet] = reason
    }

    /// Of the RSTs among `events`, by their packets.
    func reasons(of events: [Event]) -> [UInt64: ResetReason] {
        if reasons.isEmpty { return [:] }
        return events.reduce(into: [:]) { found, event in
            if event.kind == .rst { found[event.packet] = reasons[event.packet] }
        }
    }
}
