/// What the change of some words does to an Internet checksum over them (RFC 1624 §3).
struct ChecksumChange {
    private var sum: UInt32 = 0

    mutating func replace(_ old: UInt16, by new: UInt16) {
        sum &+= UInt32(~old) &+ UInt32(new)
    }

    mutating func replace(_ old: UInt32, by new: UInt32) {
        replace(UInt16(truncatingIfNeeded: old >> 16), by: UInt16(truncatingIfNeeded: new >> 16))
        replace(UInt16(truncatingIfNeeded: old), by: UInt16(truncatingIfNeeded: new))
    }

    /// The checksum after the change, of the one before it.
    func applied(to checksum: UInt16) -> UInt16 {
        var folded = sum &+ UInt32(~checksum)
        while folded > 0xFFFF { folded = (folded & 0xFFFF) &+ (folded >> 16) }
        return ~UInt16(truncatingIfNeeded: folded)
    }
}
