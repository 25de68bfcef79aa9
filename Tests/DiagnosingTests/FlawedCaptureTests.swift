import Diagnosing
import Testing
import Tracking

/// What a capture that misses packets, or holds damaged ones, lets nobody conclude.
@Suite struct `A flawed capture` {
    /// What is concluded from what an end did not send.
    private static let fromSilence: Set<String> = [
        "unanswered-request", "silent-connection", "half-close-stall", "idle-timeout-close",
        "idle-state-lost", "retransmission-timeout", "turned-away", "mtu-blackhole",
    ]

    /// The numbers of steps after which a flow that was cut there would have gone on: new data on
    /// an established connection, which nothing acknowledges any more.
    private func cuts(of exchange: Exchange) -> [Int] {
        var sent: Set<UInt32> = []
        var isEstablished = false
        return exchange.steps.indices.compactMap { index in
            guard case .segment(let segment) = exchange.steps[index].content else { return nil }
            if segment.flags == .ack { isEstablished = true }
            let isNew = segment.length > 1 && sent.insert(segment.sequence).inserted
            let isPlain = segment.flags == [.psh, .ack] && segment.window > 0
            return isNew && isPlain && isEstablished ? index + 1 : nil
        }
    }

    @Test(arguments: Catalog.manuals.map(\.id))
    func `that keeps the first packets of a flow proves no silence`(_ id: String) throws {
        let example = try #require(Catalog.detector(named: id)).manual.example
        var other = Healthy.request
        other.client = Endpoint(example.client.address, port: 61_234)
        for count in cuts(of: example) {
            let cut = Exchange(
                from: example.client.description,
                to: example.server.description,
                steps: Array(example.steps.prefix(count))
            )
            other.begin = (cut.frames.last?.time ?? 0) + 60_000_000_000

            let found = try findings(in: cut.frames + other.frames)

            let concluded = found.filter {
                $0.severity > .note && Self.fromSilence.contains($0.pathology)
            }
            #expect(concluded.isEmpty, "\(id), after \(count) steps")
        }
    }

    @Test func `says so in the findings on a flow that is cut`() throws {
        let cut = Exchange {
            client.syn(seq: 1000)
            client.syn(seq: 1000).after(.seconds(1))
            client.syn(seq: 1000).after(.seconds(2))
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 400)
            server.data(seq: 5001, ack: 1401, length: 400)
            client.fin(seq: 1401, ack: 5001).after(.seconds(60))
            server.fin(seq: 5401, ack: 1402)
        }

        let found = try findings(in: cut)

        #expect(found.contains { $0.guards.contains(.cutFlow) })
    }

    @Test func `is what a finding in damaged packets that were accepted is about`() throws {
        func exchange(isDamaged: Bool) -> Exchange {
            let answer = server.synAck(seq: 5000, ack: 1001)
            return Exchange {
                client.syn(seq: 1000)
                isDamaged ? answer.damaged : answer
                server.synAck(seq: 905_000, ack: 1001).after(.microseconds(300))
                client.ack(seq: 1001, ack: 5001)
                client.data(seq: 1001, ack: 5001, length: 80)
                server.data(seq: 5001, ack: 1081, length: 80)
            }
        }
        // Another connection shows that not all checksums are wrong.
        let damaged = exchange(isDamaged: true).frames + Healthy.request.frames

        let sound = try findings(in: exchange(isDamaged: false), by: [ChangedSYNACK.self])
        let spoiled = try findings(in: damaged, by: [ChangedSYNACK.self])

        #expect(sound.allSatisfy { !$0.guards.contains(.damagedCapture) })
        #expect(spoiled.allSatisfy { $0.severity == .note })
        #expect(spoiled.allSatisfy { $0.guards.contains(.damagedCapture) })
        #expect(sound.count == 1 && spoiled.count == 1)
    }
}

/// What an incident is called whose connections failed for another reason than its root.
@Suite struct `A title` {
    @Test func `names what made the connections fail that it counts`() throws {
        let exchange = Exchange {
            for port: UInt16 in 40_001...40_003 {
                client.syn(seq: 1000).between(clientPort: port)
                for wait in [1, 2, 4] {
                    client.syn(seq: 1000).between(clientPort: port).after(.seconds(wait))
                }
            }
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            for wait in [1, 2] {
                server.synAck(seq: 5000, ack: 1001).after(.seconds(wait))
            }
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 80)
            server.data(seq: 5001, ack: 1081, length: 80)
            client.fin(seq: 1081, ack: 5081)
            server.fin(seq: 5081, ack: 1082)
            client.ack(seq: 1082, ack: 5082)
        }

        let incident = try #require(try incidents(in: exchange).first)

        #expect(incident.chain.first?.finding.pathology == "syn-unanswered")
        #expect(incident.headline.hasPrefix("SYN unanswered"))
        #expect(incident.headline.hasSuffix("3 of 4 connections failed"))
    }
}
