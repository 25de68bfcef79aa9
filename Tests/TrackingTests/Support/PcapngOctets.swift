/// A pcapng file built block by block, in either byte order.
struct PcapngOctets {
    let isBigEndian: Bool
    private(set) var octets: [UInt8] = []

    init(isBigEndian: Bool = false) {
        self.isBigEndian = isBigEndian
        block(
            0x0A0D_0D0A,
            word(0x1A2B_3C4D) + half(1) + half(0) + [UInt8](repeating: 255, count: 8)
        )
    }

    func word(_ value: UInt32) -> [UInt8] {
        isBigEndian ? Octets.big(value) : Octets.little(value)
    }

    func half(_ value: UInt16) -> [UInt8] {
        isBigEndian ? Octets.big(value) : Octets.little(value)
    }

    func long(_ value: UInt64) -> [UInt8] {
        let (high, low) = (UInt32(value >> 32), UInt32(truncatingIfNeeded: value))
        return isBigEndian ? word(high) + word(low) : word(low) + word(high)
    }

    func option(_ code: UInt16, _ value: [UInt8]) -> [UInt8] {
        half(code) + half(UInt16(value.count)) + padded(value)
    }

    mutating func block(_ type: UInt32, _ body: [UInt8]) {
        let length = word(UInt32(body.count + 12))
        octets += word(type) + length + body + length
    }

    mutating func interface(_ linkType: UInt16 = 1, snapshot: UInt32 = 0, _ options: [UInt8] = []) {
        block(1, half(linkType) + half(0) + word(snapshot) + options)
    }

    mutating func packet(_ frame: [UInt8], of interface: UInt32 = 0, at stamp: UInt64) {
        let length = word(UInt32(frame.count))
        let stamp = word(UInt32(stamp >> 32)) + word(UInt32(truncatingIfNeeded: stamp))
        block(6, word(interface) + stamp + length + length + padded(frame))
    }

    mutating func simplePacket(_ frame: [UInt8], originalLength: UInt32) {
        block(3, word(originalLength) + padded(frame))
    }

    mutating func obsoletePacket(_ frame: [UInt8], drops: UInt16, at stamp: UInt64) {
        let length = word(UInt32(frame.count))
        let stamp = word(UInt32(stamp >> 32)) + word(UInt32(truncatingIfNeeded: stamp))
        block(2, half(0) + half(drops) + stamp + length + length + padded(frame))
    }

    mutating func append(_ other: PcapngOctets) { octets += other.octets }

    private func padded(_ octets: [UInt8]) -> [UInt8] {
        octets + [UInt8](repeating: 0, count: (4 - octets.count % 4) % 4)
    }
}
