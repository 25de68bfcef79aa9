/// Files by the time of their next frame: a binary heap, the earliest first.
struct MergeQueue {
    struct Entry: BitwiseCopyable {
        /// In nanoseconds since 1970.
        let time: Int64
        /// Its position in the user's order, which decides between equal times.
        let file: Int

        /// After all others.
        static let never = Entry(time: .max, file: .max)

        @inline(always)
        func precedes(_ other: Entry) -> Bool {
            time != other.time ? time < other.time : file < other.file
        }
    }

    private var entries: [Entry] = []

    var first: Entry { entries.first ?? .never }
    var isEmpty: Bool { entries.isEmpty }

    mutating func insert(_ entry: Entry) {
        entries.append(entry)
        var child = entries.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard entries[child].precedes(entries[parent]) else { return }
            entries.swapAt(child, parent)
            child = parent
        }
    }

    mutating func removeFirst() {
        guard let last = entries.popLast(), !entries.isEmpty else { return }
        entries[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < entries.count {
                if entries[child].precedes(entries[least]) { least = child }
            }
            guard least != parent else { return }
            entries.swapAt(least, parent)
            parent = least
        }
    }
}
