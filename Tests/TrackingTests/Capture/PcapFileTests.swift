import Testing
import Tracking

/// The older capture format, in either byte order and precision.
@Suite struct `A pcap file` {
    private let segment = Octets.ethernet(Octets.ipv4(Octets.tcp(payload: 40)))

    @Test(arguments: [false, true], [(0xA1B2_C3D4, 1000), (0xA1B2_3C4D, 1)] as [(UInt32, Int64)])
    func `gives its frames in either byte order and precision`(
        _ isBigEndian: Bool,
        format: (magic: UInt32, nanoseconds: Int64)
    ) throws {
        let record = CaptureOctets.Record(fraction: 123_456, octets: segment)
        let octets = CaptureOctets.pcap([record], magic: format.magic, isBigEndian: isBigEndian)

        let capture = try readCapture(octets)

        let frame = try #require(capture.frames.first)
        #expect(capture.error == nil)
        #expect(capture.frames.count == 1)
        #expect(frame.number == 1)
        #expect(frame.time == 1_495_000_000_000_000_000 + 123_456 * format.nanoseconds)
        #expect(frame.octets == segment)
        #expect(capture.hasNanoseconds == (format.nanoseconds == 1))
    }

    @Test func `tells the length on the wire of a frame that was cut`() throws {
        let cut = CaptureOctets.Record(octets: Array(segment.prefix(60)), originalLength: 94)

        let capture = try readCapture(CaptureOctets.pcap([cut]))

        #expect(capture.frames.map(\.originalLength) == [94])
        #expect(capture.frames.map(\.octets.count) == [60])
    }

    @Test func `may hold no frame at all`() throws {
        let capture = try readCapture(CaptureOctets.pcap([]))

        #expect(capture.frames.isEmpty)
        #expect(capture.error == nil)
        #expect(capture.octetsRead == 24)
    }

    @Test func `may hold a frame of no octets`() throws {
        let empty = CaptureOctets.Record(octets: [], originalLength: 60)

        let capture = try readCapture(CaptureOctets.pcap([empty, empty]))

        #expect(capture.frames.map(\.octets) == [[], []])
        #expect(capture.octetsRead == 24 + 2 * 16)
    }

    @Test func `counts its octets to the last`() throws {
        let records = (0..<50).map { CaptureOctets.Record(octets: Array(segment.prefix(20 + $0))) }
        let octets = CaptureOctets.pcap(records)

        let capture = try readCapture(octets)

        #expect(capture.framesRead == 50)
        #expect(capture.octetsRead == UInt64(octets.count))
    }

    @Test func `is read whole where records lie across the borders of blocks`() throws {
        var random = SplitMix64(seed: 9)
        let records = (0..<1500).map { number in
            let length = number % 300 == 0 ? 65_535 : Int.random(in: 0...1600, using: &random)
            return CaptureOctets.Record(
                octets: [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: length)
            )
        }

        let capture = try readCapture(CaptureOctets.pcap(records))

        #expect(capture.error == nil)
        #expect(capture.frames.count == 1500)
        #expect(zip(capture.frames, records).allSatisfy { $0.octets == $1.octets })
    }

    @Test func `shows no more of a frame than its snapshot length`() throws {
        var octets = CaptureOctets.pcap([CaptureOctets.Record(octets: segment)])
        octets[16...17] = [60, 0]

        let capture = try readCapture(octets + octets.dropFirst(24))

        #expect(
            capture.frames.map(\.octets) == [Array(segment.prefix(60)), Array(segment.prefix(60))]
        )
        #expect(capture.frames.map(\.originalLength) == [94, 94])
        #expect(capture.octetsRead == UInt64(24 + 2 * 110))
    }

    @Test(arguments: [(2, true), (3, true), (3, false), (4, false)] as [(UInt8, Bool)])
    func `of an older version may have the lengths of its records the other way round`(
        _ minor: UInt8,
        _ isOtherWay: Bool
    ) throws {
        let cut = Array(segment.prefix(60))
        var octets = CaptureOctets.pcap([CaptureOctets.Record(octets: cut, originalLength: 94)])
        octets[6] = minor
        if isOtherWay { octets[32..<40] = [94, 0, 0, 0, 60, 0, 0, 0] }

        let capture = try readCapture(octets)

        #expect(capture.error == nil)
        #expect(capture.frames.map(\.octets) == [cut])
        #expect(capture.frames.map(\.originalLength) == [94])
    }

    @Test(arguments: [false, true])
    func `of Kuznetzov's form has longer records`(_ isBigEndian: Bool) throws {
        let plain = CaptureOctets.pcap(
            [CaptureOctets.Record(fraction: 7, octets: segment)],
            magic: 0xA1B2_CD34,
            isBigEndian: isBigEndian
        )
        let record =
            Array(plain[24..<40]) + [UInt8](repeating: 0xEE, count: 8) + Array(plain[40...])

        let capture = try readCapture(Array(plain[..<24]) + record + record)

        #expect(capture.error == nil)
        #expect(capture.frames.map(\.octets) == [segment, segment])
        #expect(capture.frames.map(\.time) == [7000, 7000].map { $0 + 1_495_000_000_000_000_000 })
    }

    @Test func `of a version nobody knows is refused`() throws {
        var octets = CaptureOctets.pcap([])
        octets[4] = 3
        let temporary = try TemporaryFile(octets)

        let error = try #require(refusal(at: temporary.path))

        #expect(
            error.reason
                == "the file header cannot be read: it is of version 3.4; expected 2.0 to 2.4"
        )
    }

    @Test func `knows what it is before the first frame`() throws {
        let octets = CaptureOctets.pcap([], linkType: 113)
        let temporary = try TemporaryFile(octets)

        let file = try PcapFile(path: temporary.path)

        #expect(file.linkTypes == [.linuxCooked])
        #expect(file.format == .pcap)
        #expect(file.snapshotLength == 65535)
        #expect(file.size == 24)
        #expect(file.name == temporary.path)
    }
}
