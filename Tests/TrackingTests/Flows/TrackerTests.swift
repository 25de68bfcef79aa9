import Testing
import Tracking

/// What the tracker counts, bounds and hands over.
@Suite struct `A tracker` {
    private func refused(port: Int, at time: Int64) -> [MemoryFrames.Record] {
        var exchange = Exchange(from: "10.0.0.1:\(port)") {
            client.syn(seq: 1000)
            server.rstAck(ack: 1001)
        }
        exchange.begin = time
        return exchange.frames
    }

    @Test func `lets the quietest flows go when there are too many, and hands them over`() throws {
        let frames = (0..<10).flatMap { refused(port: 1000 + $0, at: Int64($0) * 1_000_000) }

        let tracked = try track(frames, flowLimit: 4)

        #expect(tracked.tally.flowsEvicted == 6)
        #expect(tracked.departed.map(\.key.lowPort) == [1000, 1001, 1002, 1003, 1004, 1005])
        #expect(tracked.flows.map(\.key.lowPort) == [1006, 1007, 1008, 1009])
        #expect(tracked.outcomes(.refused) == 10)
        #expect(tracked.tally.flows == 10)
    }

    @Test func `says nothing of healthy flows that had to go`() throws {
        let frames = (0..<10).flatMap { index in
            var exchange = healthyConnection
            exchange.client = Endpoint(exchange.client.address, port: UInt16(1000 + index))
            return exchange.frames
        }

        let tracked = try track(frames, flowLimit: 4)

        #expect(tracked.tally.flowsEvicted == 6)
        #expect(tracked.departed.isEmpty)
        #expect(tracked.flows.isEmpty)
        #expect(tracked.outcomes(.completed) == 10)
    }

    @Test func `hands flows over in the order of their first packet`() throws {
        let ports = [1000, 1001, 1002, 1003, 1001, 1004]
        let frames = ports.enumerated().flatMap {
            refused(port: $0.element, at: Int64($0.offset) * 1_000_000)
        }

        let tracked = try track(frames, flowLimit: 3)

        #expect(tracked.departed.isEmpty == false)
        #expect(tracked.flows.map(\.firstPacket) == tracked.flows.map(\.firstPacket).sorted())
    }

    @Test func `counts what it could not read by its reason`() throws {
        let octets = [
            Octets.ethernet(Octets.ipv4(Octets.tcp(), protocol: 17)),
            Octets.ethernet(Octets.ipv4(Octets.tcp(), fragment: 9)), [], [1, 2, 3],
            Octets.ethernet(Octets.ipv4(Octets.tcp(), total: 30)),
        ]

        let tally = try track(octets.map { .init(time: 5, octets: $0) }).tally

        #expect(tally.packets == 5)
        #expect(tally.segments == 0)
        #expect(tally.unread(.notTCP) == 1)
        #expect(tally.unread(.incompleteFragment) == 1)
        #expect(tally.unread(.cutShort) == 2)
        #expect(tally.unread(.malformed) == 1)
        #expect(tally.octets == UInt64(octets.reduce(0) { $0 + $1.count }))
    }

    @Test func `attaches an ICMP error only to a flow that may have caused it`() throws {
        let steps = healthyConnection.steps.dropLast(3)
        let far: [ScriptStep] = [
            client.data(seq: 1201, ack: 6401, length: 1),
            router.refuses(.hostUnreachable, about: .client),
        ]
        let exchange = Exchange(from: "10.0.0.1:5", to: "10.0.0.2:6", steps: steps + far)
        var frames = exchange.frames
        let error = frames.removeLast()
        var forged = error.octets
        forged[66] = 0x99

        let good = try track(frames + [error])
        let bad = try track(frames + [.init(time: error.time, octets: forged)])
        let alone = try track([error])

        #expect(good.tally.unattachedICMPErrors == 0)
        #expect(good.flows.count == 1)
        #expect(bad.tally.unattachedICMPErrors == 1)
        #expect(bad.flows.isEmpty)
        #expect(alone.tally.unattachedICMPErrors == 1)
    }

    @Test func `does not take path-MTU discovery for trouble`() throws {
        let steps = healthyConnection.steps + [router.refuses(.fragmentationNeeded, about: .client)]

        let four = try track(Exchange(from: "10.0.0.1:5", to: "10.0.0.2:6", steps: steps).frames)
        let six = try track(
            Exchange(from: "10.0.0.1:5", to: "10.0.0.2:6", steps: steps).overIPv6.frames
        )

        #expect(four.flows.isEmpty)
        #expect(four.tally.icmpErrors == 1)
        #expect(six.flows.isEmpty)
        #expect(six.tally.icmpErrors == 1)
    }

    @Test func `knows the first and the last time, whatever their order`() throws {
        let frame = Octets.ethernet(Octets.ipv4(Octets.tcp()))

        let tally = try track([50, 20, 90, 40].map { .init(time: $0, octets: frame) }).tally

        #expect(tally.window?.first == 20)
        #expect(tally.window?.last == 90)
        #expect(tally.timeReversals == 2)
    }

    @Test func `knows the longest silence`() throws {
        let times: [Int64] = [100, 5_000_100, 4_000_000, 9_000_000_000, 9_400_000_000]

        let tally = try track(times.map { .init(time: $0, octets: []) }).tally

        #expect(tally.longestSilence?.begin == 5_000_100)
        #expect(tally.longestSilence?.duration == 8_994_999_900)
        #expect(tally.timeReversals == 1)
        #expect(tally.window?.first == 100)
        #expect(try track([.init(time: 7, octets: [])]).tally.longestSilence == nil)
    }
}
