/// Places for segments that wait together, in memory that never moves.
///
/// Sound although it holds a pointer: the memory lives as long as the batch, every place is initialized, and an index is
/// checked.
@safe
struct Batch: ~Copyable {
    static let length = 32

    private let places: UnsafeMutablePointer<WaitingSegment>

    init() {
        unsafe places = .allocate(capacity: Self.length)
        for place in 0..<Self.length { unsafe (places + place).initialize(to: WaitingSegment()) }
    }

    deinit {
        unsafe places.deinitialize(count: Self.length)
        unsafe places.deallocate()
    }

    subscript(place: Int) -> WaitingSegment {
        @inline(always)
        _read {
            precondition(place >= 0 && place < Self.length)
            yield unsafe places[place]
        }
        @inline(always)
        _modify {
            precondition(place >= 0 && place < Self.length)
            yield unsafe &places[place]
        }
    }
}
