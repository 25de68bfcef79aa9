/// Host and protocol names of hellos, each kept once and known by its number.
struct NameTable {
    /// As many names are kept; later ones have none.
    private static let limit = 65_535
    /// No host name is longer (RFC 1035 §2.3.4).
    private static let longestName = 253

    private var numbers: [UInt64: UInt32] = [:]
    private var names: [String] = []
    /// Names that found no room.
    private(set) var refused = 0

    /// The number of the name in `range`; 0 for none.
    mutating func number(of octets: RawSpan, in range: Range<Int>) -> UInt32 {
        guard !range.isEmpty, range.count <= Self.longestName else { return 0 }
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for index in range { hash = (hash ^ UInt64(octets.octet(at: index))) &* 0x100_0000_01B3 }
        if let number = numbers[hash] {
            // Two names may share a hash, by design of whoever made the second.
            return names[Int(number) - 1].utf8.elementsEqual(range.map { octets.octet(at: $0) })
                ? number : 0
        }
        guard names.count < Self.limit else {
            refused += 1
            return 0
        }
        let text = range.map { octets.octet(at: $0) }
        guard text.allSatisfy({ (0x21...0x7E).contains($0) }) else { return 0 }
        names.append(String(decoding: text, as: UTF8.self))
        numbers[hash] = UInt32(names.count)
        return UInt32(names.count)
    }

    subscript(number: UInt32) -> String? {
        number == 0 || number > names.count ? nil : names[Int(number) - 1]
    }
}
