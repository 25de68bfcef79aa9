import Testing

@testable import Tracking

/// One key for both directions of a four-tuple.
@Suite struct `A flow key` {
    private let texts = [
        "10.0.0.1:80", "10.0.0.1:1024", "10.0.0.2:80", "[2001:db8::1]:80", "[::]:0",
    ]

    @Test func `is the same both ways, with the sides exchanged`() throws {
        let endpoints = try texts.map { try #require(Endpoint($0)) }

        for (first, second) in endpoints.flatMap({ one in endpoints.map { (one, $0) } })
        where first != second {
            let there = FlowKey.of(first, second)
            let back = FlowKey.of(second, first)
            #expect(there.key == back.key)
            #expect(there.side == back.side.other)
            #expect(there.key[there.side] == first)
            #expect(there.key[back.side] == second)
            #expect(there.key.hash(seed: 7) == back.key.hash(seed: 7))
        }
    }

    @Test func `of an endpoint that speaks with itself has one side`() throws {
        let endpoint = try #require(Endpoint("10.0.0.1:80"))

        let (key, side) = FlowKey.of(endpoint, endpoint)

        #expect(key[.low] == endpoint)
        #expect(key[.high] == endpoint)
        #expect(side == .low)
    }

    @Test func `spreads over the whole range, by another hash for every seed`() throws {
        let server = try #require(Endpoint("10.0.0.2:80"))
        let client = try #require(Address("10.0.0.1"))
        let keys = (0..<60_000).map { FlowKey.of(Endpoint(client, port: UInt16($0)), server).key }

        let hashes = Set(keys.map { $0.hash(seed: 1) })
        let low = Set(keys.map { $0.hash(seed: 1) & 0xFFFF })
        let others = keys.count { $0.hash(seed: 1) == $0.hash(seed: 2) }

        #expect(hashes.count > 59_900)
        #expect((38_000...41_000).contains(low.count))
        #expect(others < 5)
    }
}
