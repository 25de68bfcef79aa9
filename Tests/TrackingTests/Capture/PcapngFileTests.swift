import Testing
import Tracking

/// The newer capture format.
@Suite struct `A pcapng file` {
    private let segment = Octets.ethernet(Octets.ipv4(Octets.tcp(payload: 41)))

    @Test(arguments: [(false, 1000), (true, 1)] as [(Bool, Int64)])
    func `gives its frames in the precision of its interface`(
        _ isNanoseconds: Bool,
        unit: Int64
    ) throws {
        let records = [
            CaptureOctets.Record(fraction: 1, octets: segment),
            CaptureOctets.Record(
                fraction: 123_456,
                octets: Array(segment.prefix(60)),
                originalLength: 95
            ),
        ]
        let octets = CaptureOctets.pcapng(records, isNanoseconds: isNanoseconds)

        let capture = try readCapture(octets)

        let begin: Int64 = 1_495_000_000_000_000_000
        #expect(capture.error == nil)
        #expect(capture.frames.map(\.number) == [1, 2])
        #expect(capture.frames.map(\.time) == [begin + unit, begin + 123_456 * unit])
        #expect(capture.frames.map(\.octets) == [segment, Array(segment.prefix(60))])
        #expect(capture.frames.map(\.originalLength) == [95, 95])
        #expect(capture.hasNanoseconds == isNanoseconds)
    }

    @Test(arguments: [.max, 1 << 63, 1 << 63 - 1, 1 << 62 + 1] as [UInt64])
    func `may claim any time, and gives one that can be reckoned with`(_ time: UInt64) throws {
        let packet = CaptureOctets.packetBlock(
            CaptureOctets.Record(octets: segment),
            time: time
        )
        let usual = CaptureOctets.Record(octets: segment)

        for isNanoseconds in [false, true] {
            let file = CaptureOctets.pcapng([usual], isNanoseconds: isNanoseconds) + packet
            let capture = try readCapture(file)

            #expect(capture.error == nil)
            #expect(capture.frames.count == 2)
            #expect(capture.frames.allSatisfy { (0...1 << 62).contains($0.time) })
        }
    }

    @Test func `may hold blocks that are no packets`() throws {
        let record = CaptureOctets.Record(octets: segment)
        let statistics = CaptureOctets.block(5, [UInt8](repeating: 0, count: 12))
        let packet = CaptureOctets.packetBlock(record, unitsPerSecond: 1_000_000)
        let octets = CaptureOctets.pcapng([record]) + statistics + packet + statistics

        let capture = try readCapture(octets)

        #expect(capture.error == nil)
        #expect(capture.frames.map(\.number) == [1, 2])
    }

    @Test func `cut in a block keeps the frames before it`() throws {
        let record = CaptureOctets.Record(octets: segment)
        let octets = CaptureOctets.pcapng([record, record]).dropLast(20)

        let capture = try readCapture(Array(octets))

        let error = try #require(capture.error)
        #expect(capture.frames.count == 1)
        #expect(error.offset == 176)
        #expect(error.reason.hasPrefix("the record of packet 2 cannot be read: "))
    }
}
