/// Reads the fields of a message one after the other (RFC 4506); what is not there whole is `nil`.
struct XDRReader {
    private let octets: [UInt8]
    private var offset: Int

    init(_ octets: [UInt8], from offset: Int = 0) {
        self.octets = octets
        self.offset = offset
    }

    /// What has not been read yet.
    var rest: [UInt8] { Array(octets.dropFirst(offset)) }

    private var left: Int { octets.count - offset }

    mutating func word() -> UInt32? {
        guard left >= 4 else { return nil }
        let value = octets[offset..<offset + 4].reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
        offset += 4
        return value
    }

    /// Octets behind their count, filled up to a multiple of four.
    mutating func opaque(atMost limit: Int) -> [UInt8]? {
        guard let count = word(), count <= limit, Int(count) <= left else { return nil }
        let begin = offset
        offset = min(octets.count, begin + (Int(count) + 3) / 4 * 4)
        return Array(octets[begin..<begin + Int(count)])
    }

    mutating func text(atMost limit: Int) -> String? {
        opaque(atMost: limit).map { String(decoding: $0, as: UTF8.self) }
    }
}
