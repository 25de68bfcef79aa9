/// Places for open capture files, in memory that never moves.
///
/// Sound although it holds a pointer: a place is initialized while it is taken, a free one is never
/// touched, and what is taken at the end is released.
@safe
struct OpenFiles: ~Copyable {
    /// As many files are open at a time, each with half a megabyte.
    static let limit = 512

    private let places: UnsafeMutablePointer<PcapFile>
    private var isTaken = [Bool](repeating: false, count: limit)

    init() {
        unsafe places = .allocate(capacity: Self.limit)
    }

    deinit {
        for place in isTaken.indices where isTaken[place] {
            unsafe (places + place).deinitialize(count: 1)
        }
        unsafe places.deallocate()
    }

    /// Takes a place for a file.
    ///
    /// - Returns: the place; `nil` if there is none left, and the file is closed.
    mutating func insert(_ file: consuming PcapFile) -> Int? {
        guard let place = isTaken.firstIndex(of: false) else { return nil }
        unsafe (places + place).initialize(to: file)
        isTaken[place] = true
        return place
    }

    /// Closes the file at a place.
    mutating func remove(_ place: Int) {
        precondition(isTaken[place])
        isTaken[place] = false
        unsafe (places + place).deinitialize(count: 1)
    }

    subscript(place: Int) -> PcapFile {
        @inline(always)
        _read {
            precondition(isTaken[place])
            yield unsafe places[place]
        }
        @inline(always)
        _modify {
            precondition(isTaken[place])
            yield unsafe &places[place]
        }
    }

    /// What was captured of the present frame of the file at a place.
    @inline(always)
    @_lifetime(borrow self)
    func octets(of place: Int) -> RawSpan {
        precondition(isTaken[place])
        let memory = unsafe places[place].memory
        return unsafe _overrideLifetime(memory.bytes, borrowing: self)
    }
}
