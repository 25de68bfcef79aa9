import CPcap

/// A four-tuple, the same value for both directions: the lesser endpoint comes first.
///
/// VLANs and tunnels are no part of it: a mirror port may tag the two directions of one connection
/// differently. Where one four-tuple stands for several connections, the flow table tells them apart.
package struct FlowKey: Hashable, BitwiseCopyable, Sendable {
    package let lowAddress: Address
    package let highAddress: Address
    package let lowPort: UInt16
    package let highPort: UInt16

    /// The key, and on which of its sides `source` is.
    @inline(always)
    static func of(_ source: Endpoint, _ destination: Endpoint) -> (key: FlowKey, side: Side) {
        if destination < source {
            (FlowKey(low: destination, high: source), .high)
        } else {
            (FlowKey(low: source, high: destination), .low)
        }
    }

    /// The key of a segment of IPv4, from its two addresses and its two ports as they lie in the headers.
    @inline(always)
    static func ofIPv4(addresses: UInt64, ports: UInt32) -> (key: FlowKey, side: Side) {
        let source = UInt32(truncatingIfNeeded: addresses >> 32)
        let destination = UInt32(truncatingIfNeeded: addresses)
        let (sourcePort, destinationPort) = (UInt16(ports >> 16), UInt16(truncatingIfNeeded: ports))
        let isHigh =
            UInt64(destination) << 16 | UInt64(destinationPort) < UInt64(source) << 16
            | UInt64(sourcePort)
        let key = FlowKey(
            lowAddress: Address(ipv4: isHigh ? destination : source),
            highAddress: Address(ipv4: isHigh ? source : destination),
            lowPort: isHigh ? destinationPort : sourcePort,
            highPort: isHigh ? sourcePort : destinationPort
        )
        return (key, isHigh ? .high : .low)
    }

    @inline(always)
    private init(lowAddress: Address, highAddress: Address, lowPort: UInt16, highPort: UInt16) {
        self.lowAddress = lowAddress
        self.highAddress = highAddress
        self.lowPort = lowPort
        self.highPort = highPort
    }

    @inline(always)
    private init(low: Endpoint, high: Endpoint) {
        lowAddress = low.address
        highAddress = high.address
        lowPort = low.port
        highPort = high.port
    }

    package subscript(side: Side) -> Endpoint {
        switch side {
        case .low: Endpoint(lowAddress, port: lowPort)
        case .high: Endpoint(highAddress, port: highPort)
        }
    }

    /// A hash that strangers cannot steer, since `seed` differs in every process.
    @inline(always)
    func hash(seed: UInt64) -> UInt32 {
        if lowAddress.high | highAddress.high == 0 { return hashOfIPv4(seed: seed) }
        let low = foldedLow(seed)
        let value = Self.fold(low ^ lowAddress.high, highAddress.high ^ 0xA076_1D64_78BD_642F)
        return UInt32(truncatingIfNeeded: value ^ value >> 32)
    }

    /// The hash of a key of IPv4.
    @inline(always)
    func hashOfIPv4(seed: UInt64) -> UInt32 {
        let value = foldedLow(seed)
        return UInt32(truncatingIfNeeded: value ^ value >> 32)
    }

    /// The ports and the lower halves of the addresses, all that a key of IPv4 has.
    @inline(always)
    private func foldedLow(_ seed: UInt64) -> UInt64 {
        let ports = UInt64(lowPort) << 16 | UInt64(highPort)
        let addresses = Self.fold(lowAddress.low ^ seed, highAddress.low ^ 0x9E37_79B9_7F4A_7C15)
        return Self.fold(addresses ^ ports, 0xD6E8_FEB8_6659_FD93 ^ seed)
    }

    @inline(always)
    private static func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
        synopsis_fold(left, right)
    }
}

/// One of the two ends of a flow key.
package enum Side: UInt8, BitwiseCopyable, Sendable {
    case low
    case high

    @inline(always)
    package var other: Side { self == .low ? .high : .low }
}
