import Testing

@testable import Tracking

/// The two forms that most packets have are read by paths of their own, which must not differ.
@Suite struct `A plain segment` {
    private static let options: [[UInt8]] = [
        [], [1, 1, 8, 10, 0, 0, 1, 0, 0, 0, 2, 0], [2, 4, 5, 0xB4, 4, 2, 1, 1],
    ]

    /// Frames of the usual form, and what noise makes of them.
    private func frames(isV6: Bool) throws -> [[UInt8]] {
        var random = SplitMix64(seed: 61)
        return try (0..<4000).map { index in
            let tcp = Octets.tcp(
                flags: index % 3 == 0 ? 2 : 0x18,
                options: try #require(Self.options.randomElement(using: &random)),
                payload: index % 40
            )
            var octets =
                isV6
                ? Octets.ethernet(Octets.ipv6(tcp), type: 0x86DD)
                : Octets.ethernet(Octets.ipv4(tcp))
            guard index % 2 == 0 else { return octets }
            let place = Int.random(in: 12..<octets.count, using: &random)
            octets[place] = .random(in: 0...255, using: &random)
            return Array(octets.prefix(.random(in: 0...octets.count + 20, using: &random)))
        }
    }

    @Test(arguments: [false, true])
    func `is the same by either path`(_ isV6: Bool) throws {
        var plain = 0
        for octets in try frames(isV6: isV6) {
            var segment = WaitingSegment.none.segment
            let bytes = unsafe octets.span.bytes
            guard isV6 ? segment.read(plainIPv6: bytes) : segment.read(plainEthernet: bytes) else {
                continue
            }
            plain += 1

            var decoded = try #require(decode(octets).segment)

            decoded.checksum = .unchecked
            #expect(segment == decoded)
        }
        #expect(plain > 2000)
    }

    @Test func `of IPv6 has the checksum that the decoder finds`() throws {
        let exchange = Exchange { client.syn(seq: 1000) }.overIPv6
        let octets = exchange.frames[0].octets
        var segment = WaitingSegment.none.segment
        let bytes = unsafe octets.span.bytes

        let isRead = segment.read(plainIPv6: bytes)
        let facts = LinkFacts(plainIPv6: bytes, of: segment)

        #expect(isRead)
        #expect(facts.checksum == .right)
        #expect(try facts.source == decode(octets).link.source)
    }

    @Test(arguments: [false, true])
    func `behind a VLAN tag is the same by either path`(_ isV6: Bool) throws {
        let exchange =
            isV6 ? Exchange { client.syn(seq: 1) }.overIPv6 : Exchange { client.syn(seq: 1) }
        let records = exchange.tagged([7]).frames
        var frames = MemoryFrames(records, linkType: .ethernet)
        _ = try frames.advance()
        var waiting = WaitingSegment.none

        let tag = waiting.read(tagged: frames.frame, at: 0)
        let decoded = try decode(records[0].octets)

        #expect(tag == decoded.encapsulation)
        #expect(waiting.facts.link.source == decoded.link.source)
        #expect(waiting.facts.link.checksum == decoded.segment?.checksum)
        waiting.segment.checksum = waiting.facts.link.checksum
        #expect(waiting.segment == decoded.segment)
    }
}
