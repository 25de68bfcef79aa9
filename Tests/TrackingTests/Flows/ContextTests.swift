import Testing
import Tracking

/// Connections on the same four-tuple in several VLANs and tunnels, and one whose directions are in
/// two.
@Suite struct `A connection` {
    private static let refusal = Exchange {
        client.syn(seq: 9000)
        server.rstAck(ack: 9001)
    }

    /// Frames of several conversations in turn.
    private func interleaved(_ parts: [[MemoryFrames.Record]]) -> [MemoryFrames.Record] {
        (0..<(parts.map(\.count).max() ?? 0)).flatMap { index in
            parts.compactMap { index < $0.count ? $0[index] : nil }
        }
    }

    private func wrapped(
        _ frames: [MemoryFrames.Record],
        _ wrap: ([UInt8]) -> [UInt8]
    ) -> [MemoryFrames.Record] {
        frames.map { .init(time: $0.time, octets: wrap($0.octets)) }
    }

    private func inVXLAN(_ network: UInt32, _ exchange: Exchange) -> [MemoryFrames.Record] {
        wrapped(exchange.frames) { Octets.ethernet(Wrapping.vxlan(network, $0)) }
    }

    @Test(
        arguments: [([7], [8]), ([], [8]), ([7], []), ([7, 1], [7, 2])] as [([UInt16], [UInt16])]
    )
    func `whose directions are tagged differently is one`(
        _ there: [UInt16],
        _ back: [UInt16]
    ) throws {
        let tracked = try track(healthyConnection.tagged(there, answers: back).frames)

        #expect(tracked.tally.flows == 1)
        #expect(tracked.outcomes(.completed) == 1)
        #expect(tracked.flows.isEmpty)
    }

    @Test func `met alive is one, whose directions are tagged differently`() throws {
        let exchange = Exchange {
            client.data(seq: 1001, ack: 5001, length: 200)
            server.ack(seq: 5001, ack: 1201)
            server.data(seq: 5001, ack: 1201, length: 1400)
            client.ack(seq: 1201, ack: 6401)
        }

        let tracked = try track(exchange.tagged([7], answers: [8]).frames)

        #expect(tracked.tally.flows == 1)
        #expect(tracked.outcomes(.midstream) == 1)
    }

    @Test(arguments: [[7], []] as [[UInt16]])
    func `is not mixed with another in the next VLAN`(_ first: [UInt16]) throws {
        let other = healthyConnection.shifted(by: 77_777)

        let tracked = try track(
            interleaved([healthyConnection.tagged(first).frames, other.tagged([8]).frames])
        )

        #expect(tracked.tally.flows == 2)
        #expect(tracked.outcomes(.completed) == 2)
        #expect(tracked.flows.isEmpty)
    }

    @Test func `that a router sent on in another VLAN is there twice, each time whole`() throws {
        let tracked = try track(
            interleaved([
                healthyConnection.tagged([7]).frames, healthyConnection.tagged([8]).frames,
            ])
        )

        #expect(tracked.tally.flows == 2)
        #expect(tracked.outcomes(.completed) == 2)
        #expect(tracked.flows.isEmpty)
    }

    @Test func `is not mixed with another in the next virtual network`() throws {
        let other = healthyConnection.shifted(by: 77_777)

        let tracked = try track(
            interleaved([
                inVXLAN(10, healthyConnection), inVXLAN(11, other), Self.refusal.frames,
            ])
        )

        #expect(tracked.tally.flows == 3)
        #expect(tracked.outcomes(.completed) == 2)
        #expect(tracked.outcomes(.refused) == 1)
        #expect(
            tracked.handshakes.map(\.encapsulation).map(tracked.encapsulations.name).map(\.tunnel)
                .sorted {
                    ($0 ?? "") < ($1 ?? "")
                }
                == [nil, "vxlan:10", "vxlan:11"]
        )
    }

    @Test func `of which one direction goes through a tunnel is one`() throws {
        let frames = healthyConnection.frames.map { frame in
            let isFromClient = frame.octets[11] == 1
            let tunnelled = Octets.ethernet(Octets.ipv4(Array(frame.octets[14...]), protocol: 4))
            return MemoryFrames.Record(
                time: frame.time,
                octets: isFromClient ? tunnelled : frame.octets
            )
        }

        let tracked = try track(frames)

        #expect(tracked.tally.flows == 1)
        #expect(tracked.outcomes(.completed) == 1)
        #expect(
            tracked.encapsulations.name(of: tracked.handshakes[0].encapsulation).text
                == "ip-in-ip:10.0.0.1-10.0.0.2"
        )
    }

    @Test func `begins anew where it was before`() throws {
        var again = healthyConnection.shifted(by: 1 << 30)
        again.begin += 1_000_000_000

        let tracked = try track(
            healthyConnection.tagged([7], answers: []).frames
                + again.tagged([7], answers: []).frames
        )

        #expect(tracked.tally.flows == 1)
        #expect(tracked.outcomes(.completed) == 2)
    }

    @Test func `has its ICMP errors, whatever VLAN they come in`() throws {
        let refused = Exchange {
            client.syn(seq: 1000)
            router.refuses(.prohibited, about: .client)
        }

        let tracked = try track(
            healthyConnection.tagged([5]).frames
                + refused.tagged([7], answers: [9]).frames
        )

        #expect(tracked.tally.unattachedICMPErrors == 0)
        #expect(tracked.flows.map(\.events.count) == [2])
        #expect(tracked.outcomes(.rejected) == 1)
    }

    @Test func `is one of sixteen on its four-tuple at most`() throws {
        let frames = (1...20).flatMap { Self.refusal.tagged([UInt16($0)]).frames }

        let tracked = try track(frames)

        #expect(tracked.outcomes(.refused) == 15)
        #expect(tracked.tally.flows == 15)
        #expect(tracked.tally.encapsulationsRefused == 10)
    }
}
