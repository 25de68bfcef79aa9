import Testing

@testable import Tracking

/// What is left of connections that ended well, where there are many flows.
@Suite struct `A remnant` {
    /// Follows frames as if there were many flows already, or with room for all of them.
    private func follow(_ frames: [MemoryFrames.Record], asIfMany: Bool = true) throws -> Tracker {
        var tracker = Tracker(fewFlows: asIfMany ? 0 : .max)
        var source = MemoryFrames(frames, linkType: .ethernet)
        while try tracker.consume(next: 64, from: &source) {}
        return tracker
    }

    private func exchange(isSwapped: Bool, isIPv6: Bool) -> Exchange {
        var exchange = healthyConnection
        if isSwapped { swap(&exchange.client, &exchange.server) }
        exchange.begin = 1_700_000_000_123_456_789
        return isIPv6 ? exchange.overIPv6 : exchange
    }

    @Test func `takes forty octets`() {
        #expect(MemoryLayout<Remnant>.stride == 40)
    }

    @Test(arguments: [false, true], [false, true])
    func `becomes the flow again that it was made of`(_ isSwapped: Bool, _ isIPv6: Bool) throws {
        let frames = exchange(isSwapped: isSwapped, isIPv6: isIPv6).frames
        let tracker = try follow(frames, asIfMany: false)
        let whole = tracker.flows.table[0]
        var store = RemnantStore()

        let fits = whole.fitsRemnant(isCounted: false)
        let index = store.append(whole)
        let number = try #require(index)
        let again = store[number]

        #expect(fits)
        #expect(store.key(of: number) == whole.key)
        #expect(store.lastTime(of: number) == whole.lastTime)
        #expect(again.key == whole.key)
        #expect(again.marks == whole.marks)
        #expect(again.phase == whole.phase)
        #expect(again.outcome == whole.outcome)
        #expect((again.begin, again.lastTime) == (whole.begin, whole.lastTime))
        #expect(again.lastPacket == whole.lastPacket)
        #expect(again.initiator == whole.initiator)
        for side in [Side.low, .high] {
            #expect(again[side].marks == whole[side].marks)
            #expect(again[side].next == whole[side].next)
            #expect(again[side].initialSequence == whole[side].initialSequence)
            #expect(again[side].acknowledged == whole[side].acknowledged)
            #expect(again[side].timestamp == whole[side].timestamp)
            #expect(again[side].timeToLive == whole[side].timeToLive)
        }
    }

    @Test func `is left only where there are many flows`() throws {
        #expect(try follow(healthyConnection.frames).flows.table.remnantCount == 1)
        #expect(
            try follow(healthyConnection.frames, asIfMany: false).flows.table.remnantCount == 0
        )
    }

    @Test func `leaves the record to the next flow`() throws {
        let frames = (0..<50).flatMap { number in
            var exchange = healthyConnection
            exchange.client = Endpoint(exchange.client.address, port: UInt16(1000 + number))
            return exchange.frames
        }

        let tracker = try follow(frames)

        #expect(tracker.flows.table.count == 50)
        #expect(tracker.flows.table.remnantCount == 50)
        #expect(tracker.flows.table.recordCount == 1)
        #expect(tracker.tallySoFar().completed == 50)
        #expect(tracker.finish().tally.completed == 50)
    }

    /// What is not only of interest for having been there.
    private static let others: [Exchange] = [
        // Its SYN was sent twice.
        Exchange {
            client.syn(seq: 1000)
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 200)
            server.data(seq: 5001, ack: 1201, length: 1400)
            client.fin(seq: 1201, ack: 6401)
            server.fin(seq: 6401, ack: 1202)
            client.ack(seq: 1202, ack: 6402)
        },
        // The server said nothing.
        Exchange {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 200)
            server.ack(seq: 5001, ack: 1201)
            client.fin(seq: 1201, ack: 5001)
            server.fin(seq: 5001, ack: 1202)
            client.ack(seq: 1202, ack: 5002)
        },
        // The last acknowledgment is missing.
        Exchange {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 200)
            server.data(seq: 5001, ack: 1201, length: 1400)
            client.fin(seq: 1201, ack: 6401)
            server.fin(seq: 6401, ack: 1202)
        },
        // It ended in a reset.
        Exchange {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 200)
            server.data(seq: 5001, ack: 1201, length: 1400)
            client.rst(seq: 1201)
        },
    ]

    @Test(arguments: others.indices)
    func `is not left of what may be of interest`(_ index: Int) throws {
        #expect(try follow(Self.others[index].frames).flows.table.remnantCount == 0)
    }

    /// What may come on the ports of a connection after its end.
    private static let sequels: [Exchange] = [
        Exchange { client.syn(seq: 1000) },
        Exchange { client.syn(seq: 900_000) },
        Exchange { server.syn(seq: 77) },
        Exchange { server.synAck(seq: 5000, ack: 1001) },
        Exchange { server.synAck(seq: 9000, ack: 900_001) },
        Exchange { server.fin(seq: 6401, ack: 1202) },
        Exchange { client.rst(seq: 1202) },
        Exchange { server.data(seq: 5001, ack: 1201, length: 1400) },
        Exchange {
            client.syn(seq: 1000)
            client.syn(seq: 700)
            server.synAck(seq: 20_000, ack: 701)
            client.ack(seq: 701, ack: 20_001)
        },
    ]

    @Test(arguments: sequels.indices, [false, true])
    func `shows in nothing that comes after it`(_ index: Int, _ isIPv6: Bool) throws {
        let first = exchange(isSwapped: false, isIPv6: isIPv6)
        var second = isIPv6 ? Self.sequels[index].overIPv6 : Self.sequels[index]
        second.begin = first.begin + 40_000_000_000
        let frames = first.frames + second.frames

        let remnant = try follow(frames).finish()
        let whole = try follow(frames, asIfMany: false).finish()

        #expect(remnant.tally == whole.tally)
        var (left, right): ([FlowEvents], [FlowEvents]) = ([], [])
        remnant.forEachSuspicious { left.append($0) }
        whole.forEachSuspicious { right.append($0) }
        #expect(left.map(\.events) == right.map(\.events))
        #expect(left.map(\.lastTime) == right.map(\.lastTime))
        #expect(left.map(\.streams) == right.map(\.streams))
    }

    @Test func `goes after two minutes`() throws {
        var tracker = try follow(exchange(isSwapped: false, isIPv6: false).frames)
        let end = try #require(tracker.tally.window).last

        tracker.age(to: end + 119_000_000_000)
        let before = tracker.flows.table.count
        tracker.age(to: end + 121_000_000_000)

        #expect(before == 1)
        #expect(tracker.flows.table.count == 0)
        #expect(tracker.tally.flowsAged == 1)
        #expect(tracker.finish().tally.completed == 1)
    }

    @Test func `is the first to go where there is no room`() throws {
        let frames = (0..<20).flatMap { number in
            var exchange = healthyConnection
            exchange.begin = Int64(number) * 1_000_000_000
            exchange.client = Endpoint(exchange.client.address, port: UInt16(1000 + number))
            return exchange.frames
        }
        var tracker = Tracker(flowLimit: 8, fewFlows: 0)
        var source = MemoryFrames(frames, linkType: .ethernet)
        while try tracker.consume(next: 64, from: &source) {}

        #expect(tracker.flows.table.count == 8)
        #expect(tracker.tally.flowsEvicted == 12)
        #expect(tracker.finish().tally.completed == 20)
    }
}

/// The remnants of many connections, against an array that does the same.
@Suite struct `A store of remnants` {
    @Test(arguments: [1, 2, 3] as [UInt64])
    func `holds what was put in and did not leave`(_ seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var tracker = Tracker(fewFlows: .max)
        var source = MemoryFrames(healthyConnection.frames, linkType: .ethernet)
        while try tracker.consume(next: 64, from: &source) {}
        let pattern = tracker.flows.table[0]
        var store = RemnantStore()
        var model: [(number: Int, key: FlowKey, time: Int64)] = []
        var (time, packet) = (1_700_000_000_000_000_000 as Int64, 100 as UInt64)

        for step in 0..<30_000 as Range<UInt32> {
            time += Int64.random(in: -1000...2_000_000, using: &random)
            if step % 5000 == 0 { time += 10_000_000_000 }
            packet += UInt64.random(in: 0...100, using: &random)
            let isIPv6 = Bool.random(using: &random)
            let client = Endpoint(
                Address(high: isIPv6 ? 7 : 0, low: 0xFFFF_0000_0000 | UInt64(step)),
                port: 9
            )
            let service = UInt64.random(in: 0..<50, using: &random)
            let server = Endpoint(
                Address(high: isIPv6 ? 8 : 0, low: 0xFFFF_0000_0000 | service),
                port: 80
            )
            let (key, side) = FlowKey.of(client, server)
            var flow = Flow(key: key, time: time, packet: packet)
            flow.begin = time - 5000
            flow.phase = .closed
            flow.marks = [.inUse, .alive, .completed, .timed]
            if side == .high { flow.marks.insert(.initiatorIsHigh) }
            flow[side] = pattern[pattern.initiator]
            flow[side.other] = pattern[pattern.initiator.other]
            guard let number = store.append(flow) else { continue }
            model.append((number, key, time))
            if model.count > 4000, Bool.random(using: &random) {
                let index = Int.random(in: 0..<model.count, using: &random)
                store.remove(model.remove(at: index).number)
            }
            while model.count > 6000 {
                let first = store.first()
                #expect(first == model[0].number)
                store.remove(model.removeFirst().number)
            }
        }

        #expect(store.count == model.count)
        #expect(model.count > 4000)
        #expect(
            model.allSatisfy {
                store.key(of: $0.number) == $0.key && store.lastTime(of: $0.number) == $0.time
            }
        )
        var keys: [FlowKey] = []
        store.forEach {
            keys.append($0.key)
            return true
        }
        #expect(keys == model.map(\.key))
    }
}
