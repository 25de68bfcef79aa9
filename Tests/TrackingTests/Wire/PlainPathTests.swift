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
            let offset = Int.random(in: 12..<octets.count, using: &random)
            octets[offset] = .random(in: 0...255, using: &random)
            return Array(octets.prefix(.random(in: 0...octets.count + 20, using: &random)))
        }
    }

    @Test(arguments: [false, true])
    func `is the same by either path`(_ isV6: Bool) throws {
        var plain = 0
        for octets in try frames(isV6: isV6) {
            var source = MemoryFrames([.init(time: 7, octets: octets)], linkType: .ethernet)
            var batch = Batch()
            _ = try batch.fill(from: &source, upTo: 1, seed: 1)
            guard batch[0].isPlain else { continue }
            plain += 1

            let decoded = try #require(decode(octets).segment)
            var link = LinkFacts(ethernet: source.frame.octets, at: 0)
            link.checksum = decoded.checksum
            let facts = FrameFacts(source.frame, encapsulation: .plain, link: link)
            let slow = FlowSegment(decoded, in: source.frame, facts)

            #expect(Event(batch[0]) == Event(slow))
            #expect(batch[0].key == slow.key)
            #expect(batch[0].payloadOffset == slow.payloadOffset)
        }
        #expect(plain > 2000)
    }
}
