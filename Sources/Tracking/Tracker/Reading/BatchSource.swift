/// A source that a thread can read ahead, batch by batch.
package protocol BatchSource: ~Copyable, SendableMetatype {
    /// From now on parts of the input may be read by others, if it is one file, and not compressed.
    mutating func share() -> SharedInput?

    /// Fills a batch, whose frames stay where they are until the block is given again.
    ///
    /// - Parameters:
    ///   - batch: holds the frames that are read.
    ///   - block: memory for their octets, and for those of the next batch.
    ///   - part: what of a shared file the block holds already.
    ///   - most: no more than so many.
    ///   - seed: that of the flow table.
    /// - Returns: `false` when the source has come to its end, and nothing was read.
    /// - Throws: what is wrong with the source; what is in the batch was read before.
    mutating func fill(
        _ batch: inout Batch,
        in block: inout OctetBlock,
        holding part: (offset: UInt64, count: Int),
        upTo most: Int,
        seed: UInt64
    ) throws(CaptureError) -> Bool

    /// Octets of the input behind us, as it is stored.
    var octetsRead: UInt64 { get }
    /// Frames read so far, those that a filter left out among them.
    var framesRead: UInt64 { get }
}

extension PcapFile: BatchSource {
    package mutating func fill(
        _ batch: inout Batch,
        in block: inout OctetBlock,
        holding part: (offset: UInt64, count: Int),
        upTo most: Int,
        seed: UInt64
    ) throws(CaptureError) -> Bool {
        exchange(&block, holding: part)
        return try batch.fillWholly(from: &self, upTo: most, seed: seed)
    }
}

extension MergedFiles: BatchSource {
    /// The windows of many files are too much to keep until they are followed: their frames are copied.
    package mutating func share() -> SharedInput? { nil }

    package mutating func fill(
        _ batch: inout Batch,
        in block: inout OctetBlock,
        holding _: (offset: UInt64, count: Int),
        upTo most: Int,
        seed: UInt64
    ) throws(CaptureError) -> Bool {
        try batch.fill(copying: &self, to: &block, upTo: most, seed: seed)
    }
}
