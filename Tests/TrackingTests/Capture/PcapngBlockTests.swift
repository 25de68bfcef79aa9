import Testing
import Tracking

/// What the blocks of a pcapng file say beside its packets.
@Suite struct `A pcapng block` {
    private let segment = Octets.ethernet(Octets.ipv4(Octets.tcp(payload: 41)))
    private let datagram = Octets.ipv4(Octets.tcp(payload: 3))
    private let second: Int64 = 1_000_000_000

    @Test(
        arguments: [
            (0, 5, 5_000_000_000), (6, 1_500_000, 1_500_000_000), (9, 1_500_000_001, 1_500_000_001),
            (12, 1_500_000_001_999, 1_500_000_001), (19, 15_000_000_000_000_000_000, 1_500_000_000),
            (25, 1 << 63, 922), (100, 1 << 63, 0), (0x80, 5, 5_000_000_000),
            (0x80 | 20, 3 << 19, 1_500_000_000), (0x80 | 32, 3 << 31, 1_500_000_000),
            (0x80 | 63, 3 << 61, 750_000_000), (0x80 | 100, .max, 0),
        ] as [(UInt8, UInt64, Int64)]
    )
    func `of an interface says what its time stamps count`(
        _ resolution: UInt8,
        _ stamp: UInt64,
        _ time: Int64
    ) throws {
        var file = PcapngOctets()
        file.interface(1, file.option(9, [resolution]))
        file.packet(segment, at: stamp)

        let capture = try readCapture(file.octets)

        #expect(capture.frames.map(\.time) == [time])
    }

    @Test(
        arguments: [(7, 8), (-1, 0), (-2, 0), (.max, 1 << 62), (.min, 0)] as [(Int64, Int64)],
        [false, true]
    )
    func `of an interface may move its times by seconds`(
        _ times: (offset: Int64, seconds: Int64),
        _ isBigEndian: Bool
    ) throws {
        var file = PcapngOctets(isBigEndian: isBigEndian)
        file.interface(1, file.option(14, file.long(UInt64(bitPattern: times.offset))))
        file.packet(segment, at: 1_000_000)

        let capture = try readCapture(file.octets)

        let expected = times.seconds == 1 << 62 ? times.seconds : times.seconds * second
        #expect(capture.frames.map(\.time) == [expected])
    }

    @Test func `of an interface gives its packets their link type`() throws {
        var file = PcapngOctets()
        file.interface(1)
        file.interface(101, file.option(9, [9]))
        file.interface(189)
        file.packet(segment, of: 1, at: 5_000_000_007)
        file.packet(segment, of: 0, at: 6_000_000)
        file.packet(segment, of: 2, at: 7_000_000)
        file.packet(segment, of: 1, at: 8_000_000_009)

        let capture = try readCapture(file.octets)

        #expect(capture.error == nil)
        #expect(capture.linkTypes == [.ethernet, .rawIP, .other])
        #expect(capture.frames.map(\.linkType) == [.rawIP, .ethernet, .other, .rawIP])
        #expect(
            capture.frames.map(\.time)
                == [5 * second + 7, 6 * second, 7 * second, 8 * second + 9]
        )
    }

    @Test func `of a section begins anew, in a byte order of its own`() throws {
        var file = PcapngOctets()
        file.interface(1)
        file.interface(101)
        file.packet(segment, of: 0, at: 1_000_000)
        var other = PcapngOctets(isBigEndian: true)
        other.interface(101, other.option(9, [9]))
        other.packet(datagram, of: 0, at: 2_000_000_001)
        file.append(other)
        var last = PcapngOctets()
        last.packet(segment, of: 0, at: 3_000_000)
        file.append(last)

        let capture = try readCapture(file.octets)

        #expect(capture.frames.map(\.time) == [second, 2 * second + 1])
        #expect(capture.frames.map(\.octets) == [segment, datagram])
        #expect(
            capture.error?.reason == "the record of packet 3 cannot be read: "
                + "it names interface 0, but the section declared 0"
        )
        #expect(capture.error?.offset == UInt64(file.octets.count - last.octets.count + 28))
    }

    @Test func `without a time has that of the packet before`() throws {
        var file = PcapngOctets()
        file.interface(1, snapshot: 60)
        file.packet(segment, at: 1_000_000)
        file.simplePacket(Array(segment.prefix(60)), originalLength: UInt32(segment.count))

        let capture = try readCapture(file.octets)

        #expect(capture.frames.map(\.time) == [second, second])
        #expect(capture.frames.map(\.octets.count) == [segment.count, 60])
        #expect(capture.frames.map(\.originalLength) == [95, 95])
        #expect(capture.packetsWithoutTime == 1)
    }

    @Test(arguments: [false, true])
    func `may be of the obsolete kind`(_ isBigEndian: Bool) throws {
        var file = PcapngOctets(isBigEndian: isBigEndian)
        file.interface()
        file.obsoletePacket(segment, drops: 3, at: 1_000_000)
        file.obsoletePacket(segment, drops: 0xFFFF, at: 2_000_000)
        file.obsoletePacket(segment, drops: 4, at: 3_000_000)

        let capture = try readCapture(file.octets)

        #expect(capture.error == nil)
        #expect(capture.frames.map(\.time) == [second, 2 * second, 3 * second])
        #expect(capture.frames.allSatisfy { $0.octets == segment })
        #expect(capture.drops == 7)
    }

    @Test(arguments: [false, true])
    func `of statistics tells the drops of all sections`(_ isBigEndian: Bool) throws {
        var file = PcapngOctets(isBigEndian: isBigEndian)
        file.interface()
        let body = file.word(0) + file.long(0)
        for (byInterface, bySystem) in [(1, 10), (2, 20)] as [(UInt64, UInt64)] {
            let counts =
                file.option(4, file.long(1000)) + file.option(5, file.long(byInterface))
                + file.option(7, file.long(bySystem))
            file.block(5, body + counts)
        }
        file.append(file)
        file.block(5, file.word(9) + file.long(0) + file.option(5, file.long(100)))

        let capture = try readCapture(file.octets)

        #expect(capture.error == nil)
        #expect(capture.drops == 44)
    }

    @Test func `that holds no packet has a number where Wireshark gives it one`() throws {
        var file = PcapngOctets()
        file.block(0x0BAD, file.word(32473) + [1, 2, 3, 4])
        file.interface()
        file.packet(segment, at: 1)
        file.block(0x4000_0BAD, file.word(32473))
        file.block(4, [0, 0, 0, 0])
        file.block(0x7777_7777, [])
        file.packet(segment, at: 2)
        file.block(9, Array("a=b\n".utf8))

        let capture = try readCapture(file.octets)

        #expect(capture.frames.map(\.number) == [2, 4])
        #expect(capture.framesRead == 5)
        #expect(capture.packetsRead == 2)
    }

    @Test func `that is damaged behind one without a packet leaves the counts right`() throws {
        var file = PcapngOctets()
        file.interface()
        file.block(9, Array("a=b\n".utf8))
        let octets = file.octets + [6, 0, 0, 0, 1, 0, 0, 0]

        let capture = try readCapture(octets)

        #expect(capture.error != nil)
        #expect(capture.framesRead == 1)
        #expect(capture.packetsRead == 0)
    }

    @Test func `may be larger than what is read at once`() throws {
        let large = [UInt8](repeating: 7, count: 700_000)
        var file = PcapngOctets()
        file.block(0x7777_7777, large)
        file.interface(1, file.option(2, Array("eth0".utf8)))
        file.packet(segment, at: 1)
        file.block(0x0BAD, large)
        file.packet(large, at: 2)
        file.packet(segment, at: 3)

        let capture = try readCapture(file.octets)

        #expect(capture.error == nil)
        #expect(capture.frames.map(\.octets.count) == [95, 262_144, 95])
        #expect(capture.octetsRead == UInt64(file.octets.count))
    }

    @Test(
        arguments: [
            (4, 130, "its block claims 130 bytes; expected a multiple of 4 from 12 on"),
            (4, 8, "its block claims 8 bytes; expected a multiple of 4 from 12 on"),
            (4, 200, "its block has 200 bytes, and the file ends after 128 of them"),
            (4, 12, "its block has 12 bytes by its start, and 0 by its end"),
            (124, 12, "its block has 128 bytes by its start, and 12 by its end"),
            (8, 1, "it names interface 1, but the section declared 1"),
            (20, 97, "it claims 97 bytes, and its block has room for 96"),
        ] as [(Int, UInt8, String)]
    )
    func `that contradicts itself ends the reading`(
        _ position: Int,
        _ value: UInt8,
        _ reason: String
    ) throws {
        var file = PcapngOctets()
        file.interface()
        file.packet(segment, at: 1)
        let offset = file.octets.count
        file.packet(segment, at: 2)
        var damaged = file.octets
        damaged[offset + position] = value

        let capture = try readCapture(damaged)

        #expect(capture.frames.count == 1)
        #expect(capture.error?.offset == UInt64(offset))
        #expect(capture.error?.reason == "the record of packet 2 cannot be read: \(reason)")
    }

    @Test func `cut anywhere leaves the packets before it`() throws {
        var file = PcapngOctets()
        file.interface()
        file.packet(segment, at: 1)
        let first = file.octets.count
        file.block(4, [0, 0, 0, 0])
        let names = file.octets.count
        file.packet(segment, at: 2)

        for end in first..<file.octets.count {
            let capture = try readCapture(Array(file.octets.prefix(end)))

            #expect(capture.frames.count == 1)
            #expect((capture.error == nil) == (end == first || end == names))
        }
    }
}
