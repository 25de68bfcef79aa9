import Testing
import Tracking

@testable import Reporting

/// What the report says of the input itself.
@Suite struct `The line about the input` {
    private func frames(_ count: Int, from begin: Int64) -> [MemoryFrames.Record] {
        (0..<count).map { .init(time: begin + Int64($0) * 1_000_000, octets: [1, 2, 3]) }
    }

    @Test func `tells of a silence in which many packets should have come`() throws {
        let begin: Int64 = 1_495_000_000_000_000_000
        let busy = frames(800, from: begin) + frames(800, from: begin + 60_000_000_000)
        let quiet = frames(8, from: begin) + frames(8, from: begin + 60_000_000_000)

        let text = try TextReport(report(on: busy)).text

        #expect(
            text.contains("1600 packets are cut short; no packet for 59.2 s from ")
        )
        #expect(try !TextReport(report(on: quiet)).text.contains("no packet for"))
        #expect(try JSONReport(report(on: quiet)).text.contains("\"duration_us\":59993000"))
    }

    @Test func `is not there where all packets tell of connections`() throws {
        let refusal = Exchange {
            client.syn(seq: 9000)
            server.rstAck(ack: 9001)
        }

        #expect(try ShownReport(report(on: refusal.frames)).remainder == nil)
    }

    @Test func `tells of fragments that were read together`() throws {
        let whole = Exchange { client.syn(seq: 9000) }.frames[0]
        let tcp = Array(whole.octets[34...])
        let parts = [tcp.prefix(24), tcp.dropFirst(24)].enumerated().map { index, part in
            var header = Array(whole.octets[..<34])
            header[16] = 0
            header[17] = UInt8(20 + part.count)
            header[20] = index == 0 ? 0x20 : 0
            header[21] = index == 0 ? 0 : 3
            return MemoryFrames.Record(time: whole.time, octets: header + part)
        }

        let report = try report(on: parts)

        #expect(report.tally.segments == 1)
        #expect(
            ShownReport(report).remainder == "1 IP fragment read with the one that completes it"
        )
    }
}
