/// One interface of a pcapng section: what its packets' link layer is, and what their time stamps
/// count.
struct PcapngInterface: BitwiseCopyable {
    let linkType: LinkType
    /// As libpcap numbers it.
    let dataLink: Int32
    /// In octets; 0 for no limit.
    let snapshotLength: Int
    /// Whether a time stamp can be finer than a microsecond.
    let hasNanoseconds: Bool
    /// Nanoseconds in a unit of a time stamp, 0 where it takes more than a multiplication.
    let factor: UInt64
    /// The largest time stamp that can be multiplied.
    let largest: UInt64
    /// if_tsresol.
    private let resolution: UInt8
    /// if_tsoffset, in nanoseconds.
    private let offset: Int64
    /// Packets that the interface and the operating system dropped, by the latest statistics.
    var drops: UInt64 = 0
    /// Packets that were dropped according to obsolete packet blocks, which count on from each
    /// other.
    var dropsBetweenPackets: UInt64 = 0

    /// In the year 2116: between times up to there every difference fits.
    private static let latestTime: Int64 = 1 << 62
    private static let microseconds: UInt8 = 6

    /// `resolution` is if_tsresol, `nil` for microseconds; `offset` is if_tsoffset, in seconds.
    init(fileLinkType: UInt32, snapshotLength: UInt32, resolution: UInt8?, offset: Int64) {
        dataLink = LinkType.dataLink(ofFile: fileLinkType)
        linkType = LinkType(dataLink: dataLink)
        self.snapshotLength = Int(snapshotLength)
        let resolution = resolution ?? Self.microseconds
        self.resolution = resolution
        let bound = Self.latestTime / 1_000_000_000
        self.offset = min(max(offset, -bound), bound) * 1_000_000_000
        let isPlain = resolution <= 9 && offset == 0
        factor = isPlain ? Self.power(of10: 9 - Int(resolution)) : 0
        largest = isPlain ? UInt64(Self.latestTime) / max(1, factor) : 0
        hasNanoseconds = resolution & 0x80 == 0 ? resolution > 6 : resolution & 0x7F > 19
    }

    /// The time that a stamp means, in nanoseconds since 1970, from 0 to `latestTime`.
    @inline(never)
    func time(of stamp: UInt64) -> Int64 {
        let (seconds, fraction) = parts(of: stamp)
        let bound = UInt64(Self.latestTime / 1_000_000_000)
        guard seconds <= 2 * bound else { return Self.latestTime }
        let shift = offset / 1_000_000_000
        let whole = Int64(seconds) + shift
        if whole < 0 { return 0 }
        if whole >= Int64(bound) { return Self.latestTime }
        return whole * 1_000_000_000 + Int64(fraction)
    }

    /// The whole seconds of a stamp, and the nanoseconds beyond them.
    private func parts(of stamp: UInt64) -> (seconds: UInt64, nanoseconds: UInt64) {
        let exponent = Int(resolution & 0x7F)
        guard resolution & 0x80 == 0 else {
            let fraction = exponent < 64 ? stamp & ((1 << UInt64(exponent)) &- 1) : stamp
            // Thirty bits of nanoseconds fit beside 34 of the fraction.
            let kept = min(exponent, 34)
            let high = fraction >> UInt64(exponent - kept)
            return (stamp >> UInt64(exponent), (high &* 1_000_000_000) >> UInt64(kept))
        }
        guard exponent <= 19 else {
            return (0, exponent <= 28 ? stamp / Self.power(of10: exponent - 9) : 0)
        }
        let units = Self.power(of10: exponent)
        let fraction = stamp % units
        let nanoseconds =
            exponent <= 9
            ? fraction * Self.power(of10: 9 - exponent) : fraction / Self.power(of10: exponent - 9)
        return (stamp / units, nanoseconds)
    }

    private static func power(of10 exponent: Int) -> UInt64 {
        (0..<max(0, exponent)).reduce(1) { product, _ in product * 10 }
    }
}
