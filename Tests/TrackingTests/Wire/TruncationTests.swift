import Testing
import Tracking

/// Every prefix of a good frame, as a snapshot length of any size leaves it.
@Suite struct `A truncated frame` {
    private static let syn = Octets.tcp(
        flags: 2,
        options: [2, 4, 5, 0xB4, 4, 2, 8, 10, 0, 0, 1, 0, 0, 0, 2, 0, 1, 3, 3, 7],
        payload: 30
    )

    private static let frames: [([UInt8], LinkType)] = [
        (Octets.ethernet(Octets.ipv4(syn)), .ethernet),
        (Octets.ethernet(Octets.ipv4(syn, options: [1, 1, 1, 0])), .ethernet),
        (Octets.ethernet(Octets.ipv4(syn), tags: [0x88, 0xA8, 0, 7, 0x81, 0, 0, 9]), .ethernet),
        (Octets.ethernet(Octets.ipv6(syn), type: 0x86DD), .ethernet),
        (
            Octets.ethernet(Octets.ipv6([6, 0, 0, 0, 0, 0, 0, 0] + syn, next: 0), type: 0x86DD),
            .ethernet
        ),
        (
            Octets.ethernet(Octets.ipv6([6, 0, 0, 0, 0, 0, 0, 0] + syn, next: 44), type: 0x86DD),
            .ethernet
        ),
        ([UInt8](repeating: 0, count: 14) + [8, 0] + Octets.ipv4(syn), .linuxCooked),
        ([8, 0] + [UInt8](repeating: 0, count: 18) + Octets.ipv4(syn), .linuxCooked2),
        (Octets.ipv4(syn), .rawIP),
        ([0, 0, 0, 2] + Octets.ipv4(syn), .bsdLoopback),
    ]

    @Test(arguments: frames)
    func `is cut short, or gives the numbers of the whole`(
        _ octets: [UInt8],
        linkType: LinkType
    ) throws {
        let whole = try #require(decode(octets, as: linkType).segment)
        #expect(whole.payloadLength == 30)

        for count in 0..<octets.count {
            let decoded = try decode(Array(octets.prefix(count)), as: linkType)
            guard var segment = decoded.segment else {
                #expect(decoded.unread == .cutShort, "\(count) octets")
                continue
            }
            if count < octets.count - 30 { #expect(segment.options.presence.contains(.cut)) }
            segment.options = whole.options
            // A segment that was not captured whole has no sum.
            #expect(segment.checksum == .unchecked)
            segment.checksum = whole.checksum
            segment.capturedLength = whole.capturedLength
            #expect(segment == whole, "\(count) octets")
        }
    }

    @Test(arguments: [false, true])
    func `of ICMP is cut short, or gives the error of the whole`(_ isV6: Bool) throws {
        let icmp: [UInt8] = [isV6 ? 1 : 3, 1, 0, 0, 0, 0, 0, 0]
        let octets =
            isV6
            ? Octets.ipv6(icmp + Octets.ipv6(Self.syn), next: 58)
            : Octets.ipv4(icmp + Octets.ipv4(Self.syn), protocol: 1)
        let whole = try #require(decode(octets, as: .rawIP).icmpError)

        for count in 0..<octets.count {
            let decoded = try decode(Array(octets.prefix(count)), as: .rawIP)
            guard var error = decoded.icmpError else {
                #expect(decoded.unread == .cutShort, "\(count) octets")
                continue
            }
            if !error.quoted.hasFlags { error.quoted = whole.quoted }
            #expect(error == whole, "\(count) octets")
        }
    }

    @Test func `of noise never traps`() throws {
        var random = SplitMix64(seed: 20170517)
        let linkTypes: [LinkType] = [
            .ethernet, .linuxCooked, .linuxCooked2, .rawIP, .bsdNull, .other,
        ]

        for _ in 0..<20_000 {
            var octets = try #require(Self.frames.randomElement(using: &random)).0
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                octets[Int.random(in: 0..<octets.count, using: &random)] = .random(
                    in: 0...255,
                    using: &random
                )
            }
            let linkType = try #require(linkTypes.randomElement(using: &random))
            _ = try decode(
                Array(octets.prefix(.random(in: 0...octets.count, using: &random))),
                as: linkType
            )
        }
    }
}
