/// Flat records that come and go, numbered from 1: 0 stands for none.
struct RecycledStore<Record: BitwiseCopyable>: ~Copyable {
    private var records = RecordStore<Record>()
    private var free: [UInt32] = []
    private let blank: Record

    /// - Parameter blank: what a new record is.
    init(blank: Record) { self.blank = blank }

    subscript(number: Int) -> Record {
        @inline(always)
        _read { yield records[number] }
        @inline(always)
        _modify { yield &records[number] }
    }

    /// - Returns: the number of a blank record, `nil` when there is no memory for it.
    mutating func make() -> Int? {
        if let number = free.popLast() {
            records[Int(number)] = blank
            return Int(number)
        }
        if records.count == 0, records.append(blank) == nil { return nil }
        guard records.count < UInt32.max else { return nil }
        return records.append(blank)
    }

    mutating func release(_ number: Int) { free.append(UInt32(number)) }
}
