/// The flows of which something happened since somebody looked.
struct ChangedFlows: Sendable {
    /// As many are remembered between two looks.
    private static let limit = 65_536

    var areWanted = false
    private(set) var records: Set<Int> = []
    /// Changes that found no place.
    private(set) var refused: UInt64 = 0

    mutating func note(_ record: Int) {
        guard records.count < Self.limit || records.contains(record) else {
            refused &+= 1
            return
        }
        records.insert(record)
    }

    mutating func take() -> [Int] {
        defer { records.removeAll(keepingCapacity: true) }
        return records.sorted()
    }
}
