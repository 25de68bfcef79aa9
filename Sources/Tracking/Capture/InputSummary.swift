/// What is to be said of one input once it was read.
package struct InputSummary: Hashable, Sendable {
    /// As the user gave it.
    package let name: String
    package let format: String
    package let linkType: LinkType
    package let snapshotLength: Int
    /// Frames in the input, those that a filter left out among them.
    package let packets: UInt64
    /// The size of the input in octets, as far as it was read.
    package let octets: UInt64
    /// The earliest and the latest capture time, in nanoseconds since 1970; `nil` without a frame.
    package let window: ClosedRange<Int64>?
    package let hasNanoseconds: Bool
    /// Why reading ended before the end.
    package let damage: CaptureError?
}

extension PcapFile {
    /// The summary of what was read so far.
    package func summary(damage: CaptureError?) -> InputSummary {
        InputSummary(
            name: name,
            format: format == .pcapng ? "pcapng" : "pcap",
            linkType: linkType,
            snapshotLength: snapshotLength,
            packets: framesRead,
            octets: size ?? octetsRead,
            window: framesRead > 0 ? earliest...latest : nil,
            hasNanoseconds: hasNanoseconds,
            damage: damage
        )
    }
}
