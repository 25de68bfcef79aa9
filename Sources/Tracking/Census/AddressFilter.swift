/// Tells of most addresses that a set does not hold them, without a look at the set.
struct AddressFilter: BitwiseCopyable {
    private var bits: UInt64 = 0

    mutating func insert(_ address: Address) { bits |= Self.bit(of: address) }

    @inline(always)
    func mayHold(_ address: Address) -> Bool { bits & Self.bit(of: address) != 0 }

    @inline(always)
    private static func bit(of address: Address) -> UInt64 {
        1 << ((address.low &* 0x9E37_79B9_7F4A_7C15) >> 58)
    }
}
