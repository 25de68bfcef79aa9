import Diagnosing
import Testing
import Tracking

@Suite struct `A router without a route` {
    /// SYNs to services of other hosts, each refused by one router.
    private func refusals(
        _ count: Int,
        _ refusal: Refusal,
        after delay: Duration = .milliseconds(1)
    ) throws -> [MemoryFrames.Record] {
        try (0..<count).flatMap { index in
            var exchange = Exchange {
                client.syn(seq: 1000)
                pause(delay)
                router.refuses(refusal, about: .client)
            }
            exchange.server = try #require(Endpoint("198.51.100.\(index + 1):443"))
            exchange.client = Endpoint(exchange.client.address, port: UInt16(40_000 + index))
            exchange.begin += Int64(index) * 10_000_000_000
            return exchange.frames
        }
    }

    @Test(arguments: [Refusal.networkUnreachable, .prohibited])
    func `is one incident at three services`(_ refusal: Refusal) throws {
        let found = try incidents(in: refusals(5, refusal))

        #expect(found.map(\.flows) == [5])
        #expect(found.first?.failed == 5)
    }

    @Test func `has the same incident in whatever order it is met`() throws {
        let frames = try refusals(4, .networkUnreachable)
        let silence = Exchange(to: "198.51.100.4:443") {
            client.syn(seq: 1).between(clientPort: 39_000)
            client.syn(seq: 1).between(clientPort: 39_000).after(.seconds(1))
            client.syn(seq: 1).between(clientPort: 39_000).after(.seconds(3))
        }

        let found = try incidents(in: (silence.frames + frames).sorted { $0.time < $1.time })

        #expect(found.map(\.flows) == [5])
    }

    @Test func `says which router, and where the fault lies`() throws {
        let incident = try #require(incidents(in: refusals(3, .networkUnreachable)).first)

        #expect(incident.root.summary.contains(", by "))
        #expect(incident.blame == [.network])
    }

    @Test func `is two incidents at two services`() throws {
        #expect(try incidents(in: refusals(2, .networkUnreachable)).count == 2)
    }

    @Test func `is not at work where hosts do not answer`() throws {
        #expect(try incidents(in: refusals(4, .hostUnreachable, after: .seconds(3))).count == 4)
    }
}
