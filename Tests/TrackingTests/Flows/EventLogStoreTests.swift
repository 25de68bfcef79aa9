import Testing

@testable import Tracking

/// The bounded memory of events.
@Suite struct `A tape store` {
    private func event(_ number: Int) -> Event {
        Event(
            .syn,
            at: 0,
            packet: UInt64(number),
            sequence: SequenceNumber(0),
            flags: .syn,
            from: .low,
            encapsulation: .plain
        )
    }

    @Test(arguments: [0, 1, 2, 1023, 1024])
    func `keeps every event of a tape within the limit`(_ count: Int) {
        var store = EventLogStore(capacity: 10_000)
        var eventLog = EventLog()

        for number in 0..<count { store.append(event(number), to: &eventLog) }

        #expect(store.events(on: eventLog).map(\.packet) == (0..<count).map { UInt64($0) })
        #expect(eventLog.isEmpty == (count == 0))
        #expect(store.gap(on: eventLog) == nil)
    }

    @Test func `keeps the first and the last half of a longer one`() {
        var store = EventLogStore(capacity: 10_000)
        var eventLog = EventLog()

        for number in 0..<5000 { store.append(event(number), to: &eventLog) }

        let packets = store.events(on: eventLog).map(\.packet)
        #expect(packets == Array(0..<512) + Array(4488..<5000))
        #expect(store.gap(on: eventLog)?.omitted == 3976)
        #expect(store.gap(on: eventLog)?.packet == 4488)
        #expect(store.refused == 0)
    }

    @Test func `refuses and counts what exceeds its capacity`() {
        var store = EventLogStore(capacity: 100)
        var eventLogs = [EventLog](repeating: EventLog(), count: 4)

        for number in 0..<150 { store.append(event(number), to: &eventLogs[number % 4]) }

        #expect(eventLogs.reduce(0) { $0 + store.events(on: $1).count } == 100)
        #expect(store.refused == 50)
    }

    @Test func `has room again for what was erased`() {
        var store = EventLogStore(capacity: 100)
        var first = EventLog()
        var second = EventLog()
        for number in 0..<100 { store.append(event(number), to: &first) }

        store.erase(&first)
        for number in 200..<300 { store.append(event(number), to: &second) }

        #expect(first.isEmpty)
        #expect(store.events(on: first).isEmpty)
        #expect(store.events(on: second).map(\.packet) == Array(200..<300))
        #expect(store.refused == 0)
    }

    @Test func `keeps tapes apart that grow by turns`() {
        var store = EventLogStore(capacity: 100_000)
        var eventLogs = [EventLog](repeating: EventLog(), count: 7)

        for number in 0..<20_000 {
            store.append(event(number), to: &eventLogs[number % 7])
            if number % 1000 == 500 { store.erase(&eventLogs[number / 1000 % 7]) }
        }

        for (index, eventLog) in eventLogs.enumerated() {
            let packets = store.events(on: eventLog).map(\.packet)
            #expect(packets.allSatisfy { $0 % 7 == UInt64(index) })
            #expect(packets == packets.sorted())
            #expect(packets.last.map { $0 >= 19_993 } == true)
        }
    }
}
