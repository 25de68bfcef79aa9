import CPcap

/// A four-tuple, the same value for both directions: the lesser endpoint comes first.
///
/// VLANs and tunnels are no part of it: a mirror port may tag the two directions of one connection
/// differently. Where one four-tuple stands for several connections, the flow table tells them
/// apart.
package struct FlowKey: Hashable, BitwiseCopyable, Sendable {
    package let lowAddress: Address
    package let highAddress: Address
    package let lowPort: UInt16
    package let highPort: UInt16

    /// Compares all at once: two keys whose hashes are equal are nearly always the same.
    @inline(always)
    package static func == (one: FlowKey, other: FlowKey) -> Bool {
        let low =
            (one.lowAddress.high ^ other.lowAddress.high)
            | (one.lowAddress.low ^ other.lowAddress.low)
        let high =
            (one.highAddress.high ^ other.highAddress.high)
            | (one.highAddress.low ^ other.highAddress.low)
        return low | high | UInt64(one.ports ^ other.ports) == 0
    }

    @inline(always)
    private var ports: UInt32 { UInt32(lowPort) | UInt32(highPort) << 16 }

    /// The key, and on which of its sides `source` is.
    @inline(always)
    static func of(_ source: Endpoint, _ destination: Endpoint) -> (key: FlowKey, side: Side) {
        if destination < source {
            (FlowKey(low: destination, high: source), .high)
        } else {
            (FlowKey(low: source, high: destination), .low)
        }
    }

    /// The key of a segment of IPv4, from its two addresses and its two ports as they lie in the
    /// headers.
    @inline(always)
    static func ofIPv4(addresses: UInt64, ports: UInt32) -> (key: FlowKey, side: Side) {
        let (key, side, _) = ofIPv4(
            from: UInt32(truncatingIfNeeded: addresses >> 32),
            to: UInt32(truncatingIfNeeded: addresses),
            ports: ports,
            seed: 0
        )
        return (key, side)
    }

    /// The key of a segment of IPv4, from its two addresses and its two ports as they lie in the
    /// headers, on which of its sides the source is, and the key's hash.
    @inline(always)
    static func ofIPv4(
        from source: UInt32,
        to destination: UInt32,
        ports: UInt32,
        seed: UInt64
    ) -> (key: FlowKey, side: Side, hash: UInt32) {
        let source = UInt64(source) << 16 | UInt64(ports >> 16)
        let destination = UInt64(destination) << 16 | UInt64(ports & 0xFFFF)
        let isHigh = destination < source
        let (low, high) = isHigh ? (destination, source) : (source, destination)
        let key = FlowKey(
            lowAddress: Address(ipv4: UInt32(truncatingIfNeeded: low >> 16)),
            highAddress: Address(ipv4: UInt32(truncatingIfNeeded: high >> 16)),
            lowPort: UInt16(truncatingIfNeeded: low),
            highPort: UInt16(truncatingIfNeeded: high)
        )
        return (key, isHigh ? .high : .low, hash(ofIPv4: low, high, seed: seed))
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
        if lowAddress.isIPv4 && highAddress.isIPv4 { return hashOfIPv4(seed: seed) }
        let ports = UInt64(lowPort) << 16 | UInt64(highPort)
        let addresses = Self.fold(lowAddress.low ^ seed, highAddress.low ^ Self.firstFactor)
        let value = Self.fold(
            Self.fold(addresses ^ ports, Self.secondFactor ^ seed) ^ lowAddress.high,
            highAddress.high ^ Self.thirdFactor
        )
        return UInt32(truncatingIfNeeded: value ^ value >> 32)
    }

    /// The same of a key of IPv4.
    @inline(always)
    private func hashOfIPv4(seed: UInt64) -> UInt32 {
        let low = (lowAddress.low & 0xFFFF_FFFF) << 16 | UInt64(lowPort)
        let high = (highAddress.low & 0xFFFF_FFFF) << 16 | UInt64(highPort)
        return Self.hash(ofIPv4: low, high, seed: seed)
    }

    /// The hash of two addresses of IPv4, each with its port behind: one product.
    @inline(always)
    private static func hash(ofIPv4 low: UInt64, _ high: UInt64, seed: UInt64) -> UInt32 {
        let value = fold(low ^ seed, high ^ firstFactor)
        return UInt32(truncatingIfNeeded: value ^ value >> 32)
    }

    private static let firstFactor: UInt64 = 0x9E37_79B9_7F4A_7C15
    private static let secondFactor: UInt64 = 0xD6E8_FEB8_6659_FD93
    private static let thirdFactor: UInt64 = 0xA076_1D64_78BD_642F

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
