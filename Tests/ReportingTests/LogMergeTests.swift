import Diagnosing
import Foundation
import Reporting
import Testing
import Tracking

/// Which lines of logs stand beside which packets.
@Suite struct `Lines of a log` {
    /// Two clients that a server refuses, a minute apart; the first begins at 05:46:40.
    private static let refusals: Exchange.Pair = (
        Exchange(from: "10.0.0.1:40001", to: "10.0.0.9:80") {
            client.syn(seq: 1000)
            pause(.milliseconds(100))
            server.rstAck(ack: 1001)
        },
        Exchange(from: "10.0.0.2:40002", to: "10.0.0.9:80") {
            client.syn(seq: 1000)
            server.rstAck(ack: 1001)
        }
    )

    private func report(_ logs: [[String]]) throws -> Report {
        var second = Self.refusals.1
        second.begin += 60_000_000_000
        var report = try ReportingTests.report(on: Self.refusals.0.frames + second.frames)
        let window = try #require(report.window)
        var read = Logs()
        for (index, lines) in logs.enumerated() {
            var reader = LogReader(name: "/var/log/\(index).log", window: window)
            for line in lines { reader.read(line.utf8) }
            let (summary, entries) = reader.finish()
            read.add(summary, entries)
        }
        report.merge(read)
        return report
    }

    /// The lines beside each incident, with what ties them to it.
    private func beside(_ lines: [String]) throws -> [[String]] {
        let merge = try #require(try report([lines]).logs)
        return (0..<2).map { incident in
            (merge.placed[incident] ?? []).map { entry in
                "\(merge.logs.entries[entry.entry].number) \(entry.tie)"
            }
        }
    }

    @Test func `go to the flow whose ends they name`() throws {
        let beside = try beside([
            "05:46:40.05 connect from 10.0.0.1.40001 to 10.0.0.9.80",
            "05:47:40 connect from 10.0.0.2.40002 to 10.0.0.9.80",
            "05:49:00 late word of 10.0.0.1:40001 and 10.0.0.9:80",
        ])

        #expect(beside == [["1 flow", "3 flow"], ["2 flow"]])
    }

    @Test func `go to the flow of which they name one end, if the time is right`() throws {
        let beside = try beside([
            "05:46:41 refused 10.0.0.1:40001", "05:46:41 accept on 10.0.0.9:80",
            "05:46:50 refused 10.0.0.1:40001", "05:47:40 host 10.0.0.2 is new",
        ])

        #expect(beside == [["1 end", "2 end"], ["4 host"]])
    }

    @Test func `go by their time if they name nobody that is known`() throws {
        let beside = try beside([
            "05:46:34 too early", "05:46:36 just before", "05:46:41 version 8.2.0.1 starts",
            "05:46:46 too late", "05:47:41 the second",
        ])

        #expect(beside == [["2 time", "3 time"], ["5 time"]])
    }

    @Test func `go nowhere if they name other connections`() throws {
        let beside = try beside([
            "05:46:40 connect from 10.0.0.1:40777 to 10.0.0.9:80",
            "05:46:40 192.0.2.1:53 is silent",
        ])

        #expect(beside == [[], []])
    }

    @Test func `stand among the packets in order of time`() throws {
        let report = try report([
            ["05:46:40.05 b 10.0.0.1:40001"], ["05:46:39 a", "05:46:40.1 c", "  more of c"],
        ])

        let timeline = TextReport(report).text.split(separator: "\n")
            .drop { !$0.hasPrefix("  10.0.0.1:40001 → ") }.dropFirst()
        let marks = timeline.prefix { !$0.hasPrefix("  10.") }.compactMap { line -> String? in
            if line.contains("[SYN]") { return "SYN" }
            if line.contains("[RST, ACK]") { return "RST" }
            if line.contains("more of c") { return "continuation" }
            return line.firstMatch(of: #/(\d\.log:\d) /#).map { String($0.output.1) }
        }
        #expect(marks.prefix(6) == ["1.log:1", "SYN", "0.log:1", "RST", "1.log:2", "continuation"])
    }

    @Test func `are folded where they are many`() throws {
        let report = try report([(0..<50).map { "05:46:40.05 word \($0)" }])

        let folded = TextReport(report).text
        let whole = TextReport(report, extent: .init(showsAll: true)).text

        #expect(folded.contains("(43 more lines of logs; --all shows them)"))
        #expect(folded.contains("word 3\n") && !folded.contains("word 4\n"))
        #expect(folded.contains("word 47\n"))
        #expect(whole.contains("word 20\n"))
    }

    @Test func `are broken at the edge of the page, and cut after a few lines`() throws {
        let report = try report([["05:46:40.05 " + String(repeating: "x", count: 900)]])

        let text = TextReport(report).text
        let lines = text.split(separator: "\n").filter { $0.contains("xxx") }
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 100 })
        #expect(lines.count == 4)
        #expect(lines.last?.hasSuffix("x…") == true)
        #expect(
            TextReport(report, extent: .init(showsAll: true)).text.count { $0 == "x" } == 900
        )
    }

    @Test func `are counted at the head of the report`() throws {
        let text = try TextReport(report([["?", "05:46:40 a", "05:50:00 b"], ["no time"]])).text

        let head = text.replacing("\n   ", with: " ").split(separator: "\n").map(String.init)
        let first = "0.log   3 lines, 2 near the capture in time, 1 beside incidents; "
        #expect(head.contains { $0.hasPrefix(first) && $0.contains("1 before the first time") })
        #expect(head.contains("1.log   1 line; none of them has a readable time"))
    }

    @Test func `are in the JSON with what ties them`() throws {
        let report = try report([
            ["05:46:40.05 connect from 10.0.0.1.40001 to 10.0.0.9.80", " more"]
        ])
        let data = Data(JSONReport(report).text.utf8)
        let document = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])

        let entries = try #require(document["log_entries"] as? [[String: Any]])
        let entry = try #require(entries.first)
        #expect(entry["timestamp"] as? String == "2017-05-17T05:46:40.050000Z")
        #expect(entry["tie"] as? String == "flow")
        #expect(entry["src_port"] as? Int == 40001)
        #expect(entry["continuation"] as? [String] == [" more"])
        #expect(entry["incident"] as? String == report.incidents.first?.id)
        let logs = try #require(document["logs"] as? [[String: Any]])
        #expect(logs.first?["lines"] as? Int == 2)
    }

    @Test func `change nothing where there are none`() throws {
        let report = try ReportingTests.report(on: burst)
        var merged = report
        merged.merge(Logs())

        #expect(TextReport(merged).text == TextReport(report).text)
        #expect(!JSONReport(report).text.contains("log_entries"))
    }
}

extension Exchange {
    fileprivate typealias Pair = (Exchange, Exchange)
}
