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

    @Test func `of an older version is left to libpcap`() throws {
        var octets = CaptureOctets.pcap([CaptureOctets.Record(octets: segment)])
        octets[6] = 3

        let capture = try readCapture(octets)

        #expect(capture.error == nil)
        #expect(capture.frames.map(\.octets) == [segment])
    }

    @Test func `knows what it is before the first frame`() throws {
        let octets = CaptureOctets.pcap([], linkType: 113)
        let temporary = try TemporaryFile(octets)

        let file = try PcapFile(path: temporary.path)

        #expect(file.linkType == .linuxCooked)
        #expect(file.format == .pcap(nanoseconds: false, recordHeaderLength: 16))
        #expect(file.snapshotLength == 65535)
        #expect(file.size == 24)
        #expect(file.name == temporary.path)
    }
}
