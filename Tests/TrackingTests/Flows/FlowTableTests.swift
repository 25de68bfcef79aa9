import Testing

@testable import Tracking

/// The index and its records, against a dictionary that does the same.
@Suite struct `A flow table` {
    private func flow(_ number: UInt32, lastTime: Int64 = 0) -> Flow {
        let client = Endpoint(Address(ipv4: 0x0A00_0000 | number >> 8), port: UInt16(number & 0xFF))
        let server = Endpoint(Address(high: UInt64(number % 3), low: 9), port: 80)
        return Flow(key: FlowKey.of(client, server).key, time: lastTime, packet: 1)
    }

    @Test(arguments: [1, 2, 3] as [UInt64], [300, 20_000] as [UInt32])
    func `finds what was put in and not taken out`(_ seed: UInt64, keys: UInt32) {
        var random = SplitMix64(seed: seed)
        var table = FlowTable(capacity: 1_000_000)
        var model: [UInt32: Int] = [:]

        for _ in 0..<60_000 {
            let number = UInt32.random(in: 0..<keys, using: &random)
            let flow = flow(number)
            let found = table.find(flow.key)
            guard found == model[number] else {
                Issue.record("\(number) is at \(String(describing: found)), not where it was put")
                return
            }
            if let found, Bool.random(using: &random) {
                table.remove(found)
                model[number] = nil
            } else if found == nil {
                model[number] = table.insert(flow)
            }
        }

        #expect(table.count == model.count)
        #expect((0..<keys).allSatisfy { table.find(flow($0).key) == model[$0] })
    }

    @Test func `grows without losing a record`() {
        var table = FlowTable(capacity: 1_000_000)

        for number in 0..<100_000 as Range<UInt32> { _ = table.insert(flow(number)) }

        #expect(table.count == 100_000)
        #expect((0..<100_000).allSatisfy { table.find(flow(UInt32($0)).key) == $0 })
        #expect(table.find(flow(100_000).key) == nil)
    }

    @Test func `uses a record again before it takes a new one`() {
        var table = FlowTable(capacity: 10)
        for number in 0..<10 as Range<UInt32> { _ = table.insert(flow(number)) }
        let wasFull = table.isFull

        table.remove(4)

        #expect(wasFull)
        #expect(table.count == 9)
        #expect(table.insert(flow(77)) == 4)
        #expect(table.recordCount == 10)
        #expect(table.find(flow(4).key) == nil)
        #expect(table.find(flow(77).key) == 4)
    }

    @Test func `gives up the quietest flow first`() {
        var table = FlowTable(capacity: 50)
        var random = SplitMix64(seed: 5)
        let times = (0..<50).map { Int64($0) }.shuffled(using: &random)
        for (number, time) in times.enumerated() {
            _ = table.insert(flow(UInt32(number), lastTime: time))
        }

        var order: [Int64] = []
        for _ in times {
            guard let index = table.quietest() else { break }
            order.append(table[index].lastTime)
            table.remove(index)
        }

        #expect(order == Array(0..<50))
        #expect(table.count == 0)
    }

    @Test func `looks at every record in turn for a quiet one`() {
        var table = FlowTable(capacity: 1000)
        for number in 0..<1000 as Range<UInt32> { _ = table.insert(flow(number, lastTime: 9)) }

        var found: Set<Int> = []
        for _ in 0..<200 {
            guard let index = table.quietest() else { break }
            found.insert(index)
            table.remove(index)
        }

        #expect(found.count == 200)
        #expect((found.max() ?? 0) - (found.min() ?? 0) > 900)
    }
}
