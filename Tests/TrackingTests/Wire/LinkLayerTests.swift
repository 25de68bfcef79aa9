import Testing
import Tracking

/// The way from a frame's first octet to its datagram, for every link type that is read.
@Suite struct `A frame` {
    private let datagram = Octets.ipv4(Octets.tcp())
    private let datagramV6 = Octets.ipv6(Octets.tcp())

    @Test func `of Ethernet carries either version`() throws {
        let four = try decode(Octets.ethernet(datagram))
        let six = try decode(Octets.ethernet(datagramV6, type: 0x86DD))

        #expect(four.segment?.source == Endpoint("10.0.0.1:1000"))
        #expect(six.segment?.source == Endpoint("[2001:db8::1]:1000"))
        #expect(four.vlan == 0)
    }

    @Test(
        arguments: [
            ([0x81, 0x00, 0x00, 0x64], 100), ([0x81, 0x00, 0xE0, 0x64], 100),
            ([0x91, 0x00, 0x0F, 0xFF], 4095),
            ([0x88, 0xA8, 0x00, 0x07, 0x81, 0x00, 0x00, 0x64], 7),
            ([0x81, 0x00, 0, 1, 0x81, 0x00, 0, 2, 0x81, 0x00, 0, 3], 1),
        ] as [([UInt8], UInt16)]
    )
    func `of a VLAN is known by its outermost tag`(_ tags: [UInt8], vlan: UInt16) throws {
        let decoded = try decode(Octets.ethernet(datagram, tags: tags))

        #expect(decoded.segment?.source.port == 1000)
        #expect(decoded.vlan == vlan)
    }

    @Test(arguments: [(0x0800, false), (0x86DD, true)] as [(UInt16, Bool)])
    func `in Linux cooked form carries either version`(_ type: UInt16, isV6: Bool) throws {
        let payload = isV6 ? datagramV6 : datagram
        let header: [UInt8] = [0, 4, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0] + Octets.big(type)

        #expect(try decode(header + payload, as: .linuxCooked).segment?.source.port == 1000)
    }

    @Test(arguments: [(0x0800, false), (0x86DD, true)] as [(UInt16, Bool)])
    func `in Linux cooked form 2 carries either version`(_ type: UInt16, isV6: Bool) throws {
        let payload = isV6 ? datagramV6 : datagram
        let header = Octets.big(type) + [0, 0, 0, 0, 0, 2, 0, 1, 4, 6, 2, 0, 0, 0, 0, 1, 0, 0]

        #expect(try decode(header + payload, as: .linuxCooked2).segment?.source.port == 1000)
    }

    @Test func `in Linux cooked form may be tagged`() throws {
        let header: [UInt8] = [0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 0x81, 0, 0, 5, 8, 0]

        let decoded = try decode(header + datagram, as: .linuxCooked)

        #expect(decoded.segment?.source.port == 1000)
        #expect(decoded.vlan == 5)
    }

    @Test(arguments: [LinkType.rawIP, .rawIPv4, .rawIPv6])
    func `of raw IP tells its version itself`(_ linkType: LinkType) throws {
        #expect(try decode(datagram, as: linkType).segment?.source.port == 1000)
        #expect(try decode(datagramV6, as: linkType).segment?.source.port == 1000)
        #expect(try decode([0x50], as: linkType).unread == .notTCP)
        #expect(try decode([], as: linkType).unread == .cutShort)
    }

    @Test(
        arguments: [
            (.bsdNull, [2, 0, 0, 0]), (.bsdNull, [0, 0, 0, 2]), (.bsdLoopback, [0, 0, 0, 2]),
        ] as [(LinkType, [UInt8])]
    )
    func `of BSD loopback carries either version`(_ linkType: LinkType, family: [UInt8]) throws {
        #expect(try decode(family + datagram, as: linkType).segment?.source.port == 1000)
        #expect(try decode(family + datagramV6, as: linkType).segment?.source.port == 1000)
        #expect(try decode(family, as: linkType).unread == .cutShort)
    }

    @Test(arguments: [0x0806, 0x88CC, 0x0026] as [UInt16])
    func `of another ether type is not TCP`(_ type: UInt16) throws {
        #expect(try decode(Octets.ethernet(datagram, type: type)).unread == .notTCP)
    }

    @Test func `of an unknown link type is not read`() throws {
        #expect(try decode(datagram, as: .other).unread == .unknownLink)
    }
}

/// Link types by libpcap's numbers for them.
@Suite struct `A link type` {
    @Test(
        arguments: [
            (1, "ethernet"), (113, "linux_sll"), (276, "linux_sll2"), (12, "raw"), (14, "raw"),
            (101, "raw"),
            (228, "ipv4"), (229, "ipv6"), (0, "null"), (108, "loop"), (195, "other"), (-1, "other"),
        ] as [(Int32, String)]
    )
    func `is known by its number`(_ number: Int32, name: String) {
        #expect(LinkType(dataLink: number).name == name)
    }
}
