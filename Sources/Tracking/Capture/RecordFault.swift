/// Why the next record of an input cannot be read.
enum RecordFault: Error {
    /// It is damaged itself.
    case record(String)
    /// So is what it comes out of, at an offset of the input as it is stored.
    case input(offset: UInt64?, String)
    /// It reaches beyond what is ahead, and that must stay in its place.
    case pinned

    /// The same in a sentence with the offset.
    ///
    /// - Parameters:
    ///   - input: the input's name.
    ///   - offset: where the record begins.
    ///   - part: what could not be read.
    /// - Returns: what to tell the user.
    func complaint(
        of input: String,
        at offset: UInt64,
        in part: String = "the input"
    ) -> CaptureError {
        switch self {
        case .record(let reason):
            let reason = "\(part) cannot be read: \(reason)"
            return CaptureError(input: input, offset: offset, reason: reason)
        case .pinned:
            return CaptureError(input: input, offset: offset, reason: "\(part) goes on")
        case .input(let offset, let reason):
            return CaptureError(input: input, offset: offset, reason: reason)
        }
    }
}

/// Where the present frame lies in its window, and what its record says of it.
struct CapturedRecord: BitwiseCopyable {
    /// From the window's begin, in octets.
    var start = 0
    /// How much of the frame was captured, in octets.
    var count = 0
    /// In nanoseconds since 1970.
    var time: Int64 = 0
    var originalLength: UInt32 = 0
    var linkType = LinkType.other

    /// No frame is longer, in octets: as libpcap has it, too.
    static let longestFrame = 262_144
}
