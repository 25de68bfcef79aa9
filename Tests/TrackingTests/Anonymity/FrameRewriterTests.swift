import Testing

@testable import Tracking

/// Frames without the addresses and payload of their owners.
@Suite(.tags(.slow)) struct `A rewritten frame` {
    private static let tcp = Octets.tcp(flags: 0x18, payload: 30)
    private static let samples = Wrapping.samples(of: Octets.ipv4(tcp), Octets.ipv6(tcp))
    private static let key = AnonymityKey("000102030405060708090a0b0c0d0e0f")

    private func rewritten(_ octets: [UInt8], as linkType: LinkType = .ethernet) throws -> [UInt8] {
        var source = AnonymisedSource(
            MemoryFrames([.init(time: 0, octets: octets)], linkType: linkType),
            try #require(Self.key)
        )
        _ = try source.advance()
        let bytes = source.frame.octets
        return (0..<bytes.byteCount).map { bytes.octet(at: $0) }
    }

    private func holds(_ octets: [UInt8], _ part: [UInt8]) -> Bool {
        octets.count >= part.count
            && (0...octets.count - part.count).contains {
                Array(octets[$0..<$0 + part.count]) == part
            }
    }

    @Test(arguments: samples)
    func `holds the same segment in the same wrapping, between others`(
        _ sample: Wrapping.Sample
    ) throws {
        let key = try #require(Self.key)
        let before = try #require(try decode(sample.octets, as: sample.linkType).segment)

        let octets = try rewritten(sample.octets, as: sample.linkType)

        let decoded = try decode(octets, as: sample.linkType)
        var after = try #require(decoded.segment)
        #expect(after.source.address == key.pseudonym(of: before.source.address))
        #expect(after.destination.address == key.pseudonym(of: before.destination.address))
        after.source = before.source
        after.destination = before.destination
        after.capturedLength = before.capturedLength
        #expect(after == before)
        #expect(decoded.encapsulation.layers.map(\.kind) == sample.layers)
        #expect(!holds(octets, [10, 0, 0, 1]) && !holds(octets, [10, 0, 0, 2]))
        #expect(!holds(octets, [0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0]))
        #expect(!holds(octets, [0x2E, 0x2E, 0x2E]))
    }

    @Test(arguments: samples)
    func `is read, or not read, as every prefix of its original is`(
        _ sample: Wrapping.Sample
    ) throws {
        for count in 0..<sample.octets.count {
            let part = Array(sample.octets.prefix(count))

            let octets = try rewritten(part, as: sample.linkType)

            // Nothing says what a pseudowire carries, so that a part of it may look like anything.
            if sample.name.hasPrefix("pseudowire") { continue }
            let reason = try decode(octets, as: sample.linkType).unread
            #expect(try decode(part, as: sample.linkType).unread == reason, "\(count) bytes")
            #expect(octets.count <= count)
        }
    }

    @Test func `is never a trap, whatever the octets`() throws {
        var random = SplitMix64(seed: 20_261_129)
        let key = try #require(Self.key)

        for _ in 0..<20_000 {
            let sample = try #require(Self.samples.randomElement(using: &random))
            var octets = sample.octets
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let offset = Int.random(in: 0..<octets.count, using: &random)
                octets[offset] = .random(in: 0...255, using: &random)
            }
            let length = Int.random(in: 0...octets.count, using: &random)
            var source = AnonymisedSource(
                MemoryFrames(
                    [.init(time: 0, octets: Array(octets.prefix(length)))],
                    linkType: sample.linkType
                ),
                key
            )
            #expect(try source.advance())
            #expect(source.frame.octets.byteCount <= length)
        }
    }

    /// DNS: a question for a name, an answer that points to it, and an address.
    @Test func `has other names and addresses in DNS, in their places`() throws {
        let name = [7] + Array("example".utf8) + [3] + Array("org".utf8) + [0]
        let head: [UInt8] = [0x12, 0x34, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]
        let answer: [UInt8] = [0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 0, 0, 1]
        let message = head + name + [0, 1, 0, 1] + answer
        let udp: [UInt8] =
            [0, 53, 0xC0, 0] + Octets.big(UInt16(8 + message.count)) + [0, 0] + message
        let frame = Octets.ethernet(Octets.ipv4(udp, protocol: 17))

        let octets = try rewritten(frame)

        #expect(octets.count == frame.count)
        #expect(!holds(octets, Array("example".utf8)) && !holds(octets, Array("org".utf8)))
        #expect(!holds(octets, [10, 0, 0, 1]))
        let begin = 14 + 20 + 8
        #expect(Array(octets[begin..<begin + 13]) == head + [7])
        let key = try #require(Self.key)
        let address = key.pseudonym(of: Address(ipv4: 0x0A00_0001))
        #expect(Array(octets.suffix(4)) == Octets.big(UInt32(truncatingIfNeeded: address.low)))
    }

    @Test func `keeps the words of a RST only where they are known`() throws {
        let words = Array("[F5RST peer: No local listener at web7.example.org]".utf8)
        let frame = Octets.ethernet(Octets.ipv4(Octets.tcp(flags: 4) + words))

        let octets = try rewritten(frame)

        let text = String(decoding: octets.suffix(words.count), as: UTF8.self)
        #expect(text == "[F5RST peer: No local listener at xxxxxxxxxxxxxxxx]")
    }

    @Test(arguments: [
        "GET /secret HTTP/1.1", "HTTP/1.1 404 Not Found", "HTTP/1.1 504 Gateway", "SSH-2.0-OpenSSH",
        "220 mail.example.org", "421 mail.example.org", "-ERR max number of clients reached",
        "-DENIED Redis", "* BYE bye", "Exceeded MaxStartups", "PROXY TCP4 10.0.0.1", "secret words",
        "\u{0}\u{0}\u{1}binary",
    ])
    func `begins like its original`(_ text: String) throws {
        let payload = Array(text.utf8)
        let frame = Octets.ethernet(Octets.ipv4(Octets.tcp(flags: 0x18) + payload))
        func kind(_ octets: [UInt8]) throws -> PayloadClass {
            var frames = MemoryFrames(
                [.init(time: 0, octets: Array(octets.dropFirst(54)))],
                linkType: .ethernet
            )
            _ = try frames.advance()
            return PayloadClass(of: frames.frame.octets)
        }

        let octets = try rewritten(frame)

        #expect(try kind(octets) == kind(frame))
        #expect(!holds(octets, Array("example".utf8)) && !holds(octets, Array("secret".utf8)))
        #expect(!holds(octets, Array("10.0.0.1".utf8)))
    }

    @Test(arguments: [false, true])
    func `has a right checksum only where its original had one`(
        _ isWrong: Bool
    ) throws {
        let expected: SegmentChecksum = isWrong ? .wrong : .right
        let exchange = Exchange { client.syn(seq: 3_677_241_340) }
        var frame = try #require(exchange.frames.first).octets
        frame[14 + 20 + 16] ^= isWrong ? 1 : 0

        let octets = try rewritten(frame)

        #expect(try decode(frame).segment?.checksum == expected)
        #expect(try decode(octets).segment?.checksum == expected)
    }
}
