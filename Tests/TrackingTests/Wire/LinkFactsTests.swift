import Testing

@testable import Tracking

@Suite struct `A checksum` {
    private static let exchange = Exchange {
        client.syn(seq: 1000)
        server.synAck(seq: 5000, ack: 1001)
        client.syn(seq: 2000).damaged
    }

    private func checksums(_ frames: [MemoryFrames.Record]) throws -> [SegmentChecksum?] {
        try frames.map { try decode($0.octets).segment?.checksum }
    }

    @Test func `is right or wrong, over IPv4 and IPv6`() throws {
        #expect(try checksums(Self.exchange.frames) == [.right, .right, .wrong])
        #expect(try checksums(Self.exchange.overIPv6.frames) == [.right, .right, .wrong])
    }

    @Test func `is unfilled where it is the sum of the pseudo header alone`() throws {
        var octets = try #require(Self.exchange.frames.first).octets
        let length = octets.count - 34
        let words = stride(from: 26, to: 34, by: 2).map {
            Int(octets[$0]) << 8 | Int(octets[$0 + 1])
        }
        var sum = words.reduce(length + 6, +)
        while sum > 0xFFFF { sum = (sum & 0xFFFF) + (sum >> 16) }
        octets[50] = UInt8(sum >> 8)
        octets[51] = UInt8(sum & 0xFF)

        #expect(try decode(octets).segment?.checksum == .unfilled)
    }

    @Test func `is not looked at where the packet was cut`() throws {
        let octets = try #require(Self.exchange.frames.first).octets

        #expect(try decode(Array(octets.dropLast())).segment?.checksum == .unchecked)
    }

    @Test func `is that of the plain path too`() throws {
        var tracker = Tracker()
        var source = MemoryFrames(Self.exchange.frames, linkType: .ethernet)

        _ = try tracker.consume(next: 64, from: &source)

        #expect(tracker.tally.rightChecksums == 2)
        #expect(tracker.tally.wrongChecksums == 1)
    }
}

@Suite struct `A frame's link layer` {
    private let datagram: [UInt8] = [0x45, 0, 0, 40] + [UInt8](repeating: 0, count: 36)

    @Test func `tells the source MAC address`() throws {
        let frame: [UInt8] = [1, 1, 1, 1, 1, 1, 2, 0, 0xAB, 0, 0, 9, 8, 0] + datagram

        #expect(try decode(frame).link.source?.description == "02:00:ab:00:00:09")
        #expect(try decode(frame).link.direction == .unknown)
    }

    @Test(
        arguments: [(0, LinkFacts.Direction.incoming), (4, .outgoing)]
            as [(UInt8, LinkFacts.Direction)]
    )
    func `tells the direction if it is cooked`(
        _ type: UInt8,
        _ direction: LinkFacts.Direction
    ) throws {
        let old: [UInt8] = [0, type, 0, 1, 0, 6, 2, 0, 0, 0, 0, 9, 0, 0, 8, 0] + datagram
        let new: [UInt8] =
            [8, 0, 0, 0, 0, 0, 0, 1, 0, 1, type, 6, 2, 0, 0, 0, 0, 9, 0, 0] + datagram

        #expect(try decode(old, as: .linuxCooked).link.direction == direction)
        #expect(try decode(old, as: .linuxCooked).link.source?.description == "02:00:00:00:00:09")
        #expect(try decode(new, as: .linuxCooked2).link.direction == direction)
        #expect(try decode(new, as: .linuxCooked2).link.source?.description == "02:00:00:00:00:09")
    }

    @Test func `may carry a claim to an address`() throws {
        let claim = Exchange { server.claims(mac: 7) }

        for exchange in [claim, claim.overIPv6] {
            let frame = try #require(exchange.frames.first)
            guard case .addressClaim(let read) = try decode(frame.octets).packet else {
                Issue.record("no claim")
                continue
            }
            #expect(read.address == exchange.server.address)
            #expect(read.owner.description == "02:00:00:00:00:07")
        }
    }

    @Test func `is no claim when it only asks who has an address`() throws {
        var octets = try #require(Exchange { server.claims(mac: 7) }.frames.first).octets
        octets.replaceSubrange(28..<32, with: [0, 0, 0, 0])

        #expect(try decode(octets).unread == .notTCP)
    }
}
