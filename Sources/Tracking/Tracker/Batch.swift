/// Frames that were read one after the other, and wait for their flows' memory.
///
/// Sound although it holds a pointer: the memory lives as long as the batch, every place is initialized, and an index is
/// checked.
@safe
struct Batch: ~Copyable {
    /// As many frames wait where they are followed at once: their places stay in the nearest cache.
    static let shortLength = 32

    /// As many frames as it can hold.
    let capacity: Int
    private(set) var count = 0
    private let places: UnsafeMutablePointer<FlowSegment>

    init(capacity: Int = Self.shortLength) {
        self.capacity = max(1, capacity)
        unsafe places = .allocate(capacity: self.capacity)
        for place in 0..<self.capacity { unsafe (places + place).initialize(to: FlowSegment()) }
    }

    deinit {
        unsafe places.deinitialize(count: capacity)
        unsafe places.deallocate()
    }

    @inline(always)
    subscript(place: Int) -> FlowSegment {
        _read {
            precondition(place >= 0 && place < count)
            yield unsafe places[place]
        }
    }

    /// Reads the next frames of a source, for as long as the source keeps them in their places.
    ///
    /// - Parameters:
    ///   - source: where they come from.
    ///   - most: no more than so many.
    ///   - seed: that of the flow table.
    /// - Returns: `false` when the source has come to its end, and nothing was read.
    /// - Throws: what is wrong with the source; nothing was read.
    @inline(always)
    mutating func fill(
        from source: inout some CaptureSource & ~Copyable,
        upTo most: Int,
        seed: UInt64
    ) throws(CaptureError) -> Bool {
        count = 0
        guard try source.advance() else { return false }
        let limit = min(most, capacity)
        repeat {
            unsafe places[count].read(source.frame, seed: seed)
            count &+= 1
        } while count < limit && source.advanceInPlace() == .frame
        return true
    }
}
