/// What is going to happen in a world, the earliest first; at the same time, in order of planning.
struct Agenda {
    private struct Item {
        let time: Int64
        let order: UInt64
        let occurrence: Occurrence

        func precedes(_ other: Item) -> Bool { (time, order) < (other.time, other.order) }
    }

    /// A binary heap: no item precedes the one at half its place.
    private var items: [Item] = []
    private var planned: UInt64 = 0

    mutating func plan(_ occurrence: Occurrence, at time: Int64) {
        planned += 1
        items.append(Item(time: time, order: planned, occurrence: occurrence))
        var index = items.count - 1
        while index > 0 {
            let parent = (index - 1) / 2
            guard items[index].precedes(items[parent]) else { return }
            items.swapAt(index, parent)
            index = parent
        }
    }

    mutating func next() -> (time: Int64, occurrence: Occurrence)? {
        guard let first = items.first, let last = items.popLast() else { return nil }
        guard !items.isEmpty else { return (first.time, first.occurrence) }
        items[0] = last
        var index = 0
        while true {
            let left = 2 * index + 1
            guard left < items.count else { break }
            let right = left + 1
            let isRight = right < items.count && items[right].precedes(items[left])
            let child = isRight ? right : left
            guard items[child].precedes(items[index]) else { break }
            items.swapAt(child, index)
            index = child
        }
        return (first.time, first.occurrence)
    }
}
