/// What is to be said of one input once it was read.
package struct InputSummary: Hashable, Sendable {
    /// As the user gave it.
    package var name: String
    package let format: String
    /// How it is compressed, if it is.
    package var compression: Compression?
    /// Without repetition, the first interface's first.
    package let linkTypes: [LinkType]
    /// In octets; that of the first interface, 0 for no limit.
    package let snapshotLength: Int
    /// Packets in the input, those that a filter left out among them.
    package var packets: UInt64
    /// The number of the last packet in the input; other records that Wireshark numbers count, too.
    package var lastNumber: UInt64
    /// The first and the last number that its packets have among those of all inputs; `nil` without
    /// a packet.
    package var numbers: ClosedRange<UInt64>?
    /// The size of the input in octets, as far as it was read.
    package let octets: UInt64
    /// The earliest and the latest capture time, in nanoseconds since 1970; `nil` without a frame.
    package var window: ClosedRange<Int64>?
    package let hasNanoseconds: Bool
    /// Packets of which the input does not say when they were captured.
    package var packetsWithoutTime: UInt64 = 0
    /// Packets that were dropped while the input was captured, as far as it says so.
    package var drops: UInt64 = 0
    /// Why reading ended before the end.
    package var damage: CaptureError?
    /// Whether a signal ended the reading.
    package var isInterrupted = false
}

extension PcapFile {
    /// The summary of what was read so far.
    package func summary(damage: CaptureError?) -> InputSummary {
        InputSummary(
            name: name,
            format: format.name,
            compression: compression,
            linkTypes: linkTypes,
            snapshotLength: snapshotLength,
            packets: packetsRead,
            lastNumber: framesRead,
            numbers: packetsRead > 0 ? framesBefore + 1...framesBefore + framesRead : nil,
            octets: size ?? octetsRead,
            window: packetsRead > 0 ? earliest...latest : nil,
            hasNanoseconds: hasNanoseconds,
            packetsWithoutTime: packetsWithoutTime,
            drops: drops,
            damage: damage
        )
    }
}
