import Testing
import Tracking

/// The way through VLANs, tunnels and the headers of many link layers to the one segment inside.
@Suite struct `An encapsulated segment` {
    private static let tcp = Octets.tcp(flags: 0x18, payload: 30)
    private static let samples = Wrapping.samples(of: Octets.ipv4(tcp), Octets.ipv6(tcp))

    @Test(arguments: samples)
    func `is found, and what it was wrapped in`(_ sample: Wrapping.Sample) throws {
        let decoded = try decode(sample.octets, as: sample.linkType)

        let segment = try #require(decoded.segment)
        #expect(segment.source.port == 1000)
        #expect(segment.payloadLength == 30)
        #expect(segment.capturedLength == 30)
        #expect(decoded.encapsulation.layers.map(\.kind) == sample.layers)
    }

    @Test(arguments: samples)
    func `is the same, or none, in every prefix of its frame`(_ sample: Wrapping.Sample) throws {
        let whole = try decode(sample.octets, as: sample.linkType)

        for count in 0..<sample.octets.count {
            let part = try decode(Array(sample.octets.prefix(count)), as: sample.linkType)
            guard var segment = part.segment else { continue }
            segment.capturedLength = 30
            #expect(segment == whole.segment, "\(count) octets")
            #expect(part.encapsulation == whole.encapsulation)
        }
    }

    @Test func `is never a trap, whatever the octets`() throws {
        var random = SplitMix64(seed: 20_261_121)

        for _ in 0..<30_000 {
            let sample = try #require(Self.samples.randomElement(using: &random))
            var octets = sample.octets
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let offset = Int.random(in: 0..<octets.count, using: &random)
                octets[offset] = .random(in: 0...255, using: &random)
            }
            let length = Int.random(in: 0...octets.count, using: &random)
            _ = try decode(Array(octets.prefix(length)), as: sample.linkType)
        }
        for _ in 0..<10_000 {
            let sample = try #require(Self.samples.randomElement(using: &random))
            let noise = (0..<Int.random(in: 0...120, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            _ = try decode(noise, as: sample.linkType)
        }
    }

    @Test func `is known by the numbers of its tunnels`() throws {
        let frame = Octets.ethernet(Octets.ipv4(Self.tcp))

        let first = try decode(Octets.ethernet(Wrapping.vxlan(10, frame))).encapsulation
        let second = try decode(Octets.ethernet(Wrapping.vxlan(11, frame))).encapsulation
        let label = try decode(Wrapping.mpls([5, 16], Octets.ipv4(Self.tcp)), as: .mpls)

        #expect(first.layers.map(\.number) == [10])
        #expect(first != second)
        #expect(label.encapsulation.layers.map(\.number) == [16])
    }

    @Test func `has the sender of the frame that the tunnel carries`() throws {
        var inner = Octets.ethernet(Octets.ipv4(Self.tcp))
        inner[11] = 0x77

        let decoded = try decode(Octets.ethernet(Wrapping.vxlan(10, inner)))

        #expect(decoded.link.source?.description == "02:00:00:00:00:77")
    }

    @Test func `in eight tunnels is read, in nine it is not`() throws {
        let nested = (0..<9).reduce(into: [Octets.ipv4(Self.tcp)]) { datagrams, _ in
            datagrams.append(Octets.ipv4(datagrams.last ?? [], protocol: 4))
        }

        #expect(try decode(Octets.ethernet(nested[8])).segment != nil)
        #expect(try decode(Octets.ethernet(nested[9])).unread == .tooDeep)
    }

    @Test func `of a priority tag is in no VLAN`() throws {
        let octets = Octets.ethernet(Octets.ipv4(Self.tcp), tags: [0x81, 0, 0xE0, 0])

        let decoded = try decode(octets)

        #expect(decoded.segment != nil)
        #expect(decoded.encapsulation.isPlain)
    }

    @Test func `behind an authentication header is read, an encrypted one is not`() throws {
        let header: [UInt8] = [6, 4] + [UInt8](repeating: 0, count: 22)

        let authentic = try decode(Octets.ethernet(Octets.ipv4(header + Self.tcp, protocol: 51)))
        let secret = try decode(Octets.ethernet(Octets.ipv4(Self.tcp, protocol: 50)))
        let macsec = try decode(Octets.ethernet(Octets.ipv4(Self.tcp), type: 0x88E5))

        #expect(authentic.segment?.payloadLength == 30)
        #expect(secret.unread == .encrypted)
        #expect(macsec.unread == .encrypted)
    }
}

/// Ordinary UDP, which may use any port and hold anything.
@Suite struct `A UDP datagram` {
    private static let frame = Octets.ethernet(Octets.ipv4(Octets.tcp()))
    private static let six = Octets.ipv6(Octets.tcp())

    @Test(
        arguments: [
            ("VXLAN without its flag", 4789, [0, 0, 0, 0, 0, 0, 10, 0] + frame),
            ("VXLAN with reserved bits", 4789, [8, 0, 0, 1, 0, 0, 10, 0] + frame),
            ("VXLAN with a last octet", 4789, [8, 0, 0, 0, 0, 0, 10, 1] + frame),
            ("VXLAN on another port", 4790, [8, 0, 0, 0, 0, 0, 10, 0] + frame),
            ("GENEVE of another version", 6081, [0x40, 0, 0x65, 0x58, 0, 0, 9, 0] + frame),
            ("GENEVE of something else", 6081, [0, 0, 0x08, 0x06, 0, 0, 9, 0] + frame),
            ("GTP with another length", 2152, [0x30, 0xFF, 0, 1, 0, 0, 0, 1] + six),
            ("GTP's echo", 2152, [0x30, 1] + Octets.big(UInt16(six.count)) + [0, 0, 0, 1] + six),
            ("Teredo with something behind", 3544, six + [0]),
            ("L2TP's control", 1701, [0xC8, 2, 0, 20] + [UInt8](repeating: 0, count: 40)),
        ] as [(String, UInt16, [UInt8])]
    )
    func `is no tunnel if anything is amiss`(_: String, _ port: UInt16, _ payload: [UInt8]) throws {
        let decoded = try decode(Octets.ethernet(Wrapping.udp(to: port, payload)))

        #expect(decoded.unread == .notTCP)
        #expect(decoded.encapsulation.isPlain)
    }
}
