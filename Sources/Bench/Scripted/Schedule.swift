/// Who is next: for each of a fixed number of slots the time of its next turn, the earliest first.
struct Schedule {
    private struct Entry {
        var time: Int64
        var index: Int32
    }

    /// A binary heap.
    private var entries: [Entry]

    /// - Parameter times: of the first turns; not empty.
    init(_ times: [Int64]) {
        entries = times.enumerated().map { Entry(time: $1, index: Int32($0)) }
        // By place where times are equal, so that the order never depends on the sort.
        entries.sort { ($0.time, $0.index) < ($1.time, $1.index) }
    }

    /// The slot whose turn it is.
    var index: Int { Int(entries[0].index) }

    /// When its turn is.
    var time: Int64 { entries[0].time }

    /// Gives the slot whose turn it was its next turn.
    mutating func postpone(to time: Int64) {
        let count = entries.count
        let moved = Entry(time: time, index: entries[0].index)
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
