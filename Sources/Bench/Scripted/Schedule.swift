/// Who is next: for each of a fixed number of places the time of its next turn, the earliest first.
struct Schedule {
    private struct Entry {
        var time: Int64
        var place: Int32
    }

    /// A binary heap.
    private var entries: [Entry]

    /// - Parameter times: of the first turns; not empty.
    init(_ times: [Int64]) {
        entries = times.enumerated().map { Entry(time: $1, place: Int32($0)) }
        // By place where times are equal, so that the order never depends on the sort.
        entries.sort { ($0.time, $0.place) < ($1.time, $1.place) }
    }

    /// The place whose turn it is.
    var place: Int { Int(entries[0].place) }

    /// When its turn is.
    var time: Int64 { entries[0].time }

    /// Gives the place whose turn it was its next turn.
    mutating func postpone(to time: Int64) {
        let count = entries.count
        let moved = Entry(time: time, place: entries[0].place)
        unsafe entries.withUnsafeMutableBufferPointer { heap in
            var hole = 0
            while true {
                var child = 2 &* hole &+ 1
                guard child < count else { break }
                if child &+ 1 < count, unsafe heap[child &+ 1].time < heap[child].time {
                    child &+= 1
                }
                guard unsafe heap[child].time < moved.time else { break }
                unsafe heap[hole] = unsafe heap[child]
                hole = child
            }
            unsafe heap[hole] = moved
        }
    }
}
