/// The flows of which something happened since somebody looked.
struct ChangedFlows: Sendable {
    /// As many are remembered between two looks.
    private static let limit = 65_536

    var areWanted = false
    private var records: [Int] = []
    /// A bit for each record, whether it is among them: a set would hash each number.
    private var marks: [UInt64] = []
    /// Changes that found no place.
    private(set) var refused: UInt64 = 0

    mutating func note(_ record: Int) {
        let (word, bit) = (record >> 6, UInt64(1) << UInt64(record & 63))
        if word < marks.count, marks[word] & bit != 0 { return }
        guard records.count < Self.limit else {
            refused &+= 1
            return
        }
        if word >= marks.count { extend(to: word) }
        marks[word] |= bit
        records.append(record)
    }

    @inline(never)
    private mutating func extend(to word: Int) {
        let missing = max(word + 1, marks.count * 2) - marks.count
        marks.append(contentsOf: repeatElement(0, count: missing))
    }

    mutating func take() -> [Int] {
        let taken = records.sorted()
        for record in taken { marks[record >> 6] = 0 }
        records.removeAll(keepingCapacity: true)
        return taken
    }
}
