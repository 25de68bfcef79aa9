/// What one step of unpacking did.
struct UnpackStep {
    /// Octets taken from the input.
    var taken = 0
    /// Octets written to the output.
    var written = 0
    /// What is wrong with the input behind the octets that were taken.
    var fault: String?
}

/// Unpacks a stream of one or more members (gzip) or frames (zstd, lz4), piece by piece.
///
/// Sound although each holds a pointer: what it points to is allocated and freed by it alone.
protocol Unpacker {
    /// Whether the input may end here: nothing of a member or frame has been read, or all of it.
    var isComplete: Bool { get }

    /// Unpacks some of `input` into `output`; neither need be used up.
    mutating func unpack(
        _ input: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) -> UnpackStep

    /// Frees what it holds.
    func close()
}
