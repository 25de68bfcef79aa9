import Diagnosing
import Reporting
import Testing
import Tracking

/// What a report with more than one incident begins with.
@Suite struct `An overview` {
    /// Refused connections, each of another client to another service, a second apart.
    private func refusals(_ count: Int) -> [MemoryFrames.Record] {
        (0..<count).flatMap { number -> [MemoryFrames.Record] in
            let (high, low) = (number / 200, number % 200 + 1)
            var exchange = Exchange(
                from: "10.1.\(high).\(low):40000",
                to: "10.9.\(high).\(low):80"
            ) {
                client.syn(seq: 1000)
                server.rstAck(ack: 1001)
            }
            exchange.begin += Int64(number) * 1_000_000_000
            return exchange.frames
        }
    }

    /// SYNs of one client to one service, from several ports, that nothing answers.
    private func silence(_ count: Int, at port: UInt16 = 5432) -> [MemoryFrames.Record] {
        (0..<count).flatMap { number in
            Exchange(from: "192.0.2.1:\(41_000 + number)", to: "192.0.2.9:\(port)") {
                client.syn(seq: 1000)
                pause(.seconds(1))
                client.syn(seq: 1000)
                pause(.seconds(2))
                client.syn(seq: 1000)
            }.frames
        }
    }

    private func lines(_ text: String) -> [Substring] {
        text.split(separator: "\n", omittingEmptySubsequences: false)
    }

    @Test func `puts the incident with most failures first`() throws {
        let report = try report(on: refusals(3) + silence(5))

        let text = TextReport(report).text
        let table = lines(text).drop { !$0.hasPrefix("  #  failed") }
        let details = lines(text).filter { $0.firstMatch(of: #/^\d  ERROR/#) != nil }

        #expect(table.dropFirst().first?.contains("5      5        1  05:46:40 – 05:46:43") == true)
        #expect(
            details.first
                == "1  ERROR  SYN unanswered: 192.0.2.1 cannot connect to 192.0.2.9:5432 (postgresql; 5 connections)"
        )
        #expect(details.count == 4)
    }

    @Test func `is not there for one incident`() throws {
        let text = try TextReport(report(on: silence(2))).text

        #expect(!text.contains("failed  total"))
        #expect(text.contains("\n\nERROR  SYN unanswered: 192.0.2.1 cannot connect"))
    }

    @Test func `gives many clients of one kind of failure one line`() throws {
        let report = try report(on: refusals(20) + silence(30))

        let text = TextReport(report).text

        #expect(text.contains(" 21 incidents: 21 errors\n"))
        #expect(text.contains("ERROR  SYN unanswered: 192.0.2.1 cannot connect to"))
        #expect(text.contains("Connection refused: 20 clients of 20\n"))
        #expect(text.contains("  19 more of this kind: --incident 2 --all describes them.\n"))
    }

    @Test func `draws when it failed, and agrees with the counts of JSON`() throws {
        let report = try report(on: refusals(20) + silence(30))
        let text = TextReport(report).text

        let strip = try #require(lines(text).first { $0.hasPrefix("  failed ") })
        #expect(strip.hasPrefix("  failed █▁▂▁▂▁▂"))
        #expect(strip.hasSuffix("▂  one bar per 500 ms, at most 31"))
        let json = JSONReport(report).text
        let failed = json.matches(of: #/"failed":(\d+)/#).compactMap { Int($0.output.1) }
        #expect(failed.reduce(0, +) == 50)
        #expect(json.contains(#""incidents":{"error":21,"warning":0,"note":0}"#))
    }

    @Test func `bounds what four thousand incidents say`() throws {
        let report = try report(on: refusals(3990) + silence(12) + silence(7, at: 22))
        try #require(report.incidents.count == 3992)

        let text = TextReport(report).text
        let first = try #require(lines(text).first { $0.hasPrefix("1  ERROR") })
        let worst = report.incidents.filter { $0.severity == .error }.max { $0.failed < $1.failed }

        #expect(lines(text).count <= 400)
        #expect(first.contains("10.1."))
        #expect(report.incidents.first?.id == worst?.id)
        #expect(text.contains("3992 incidents: 3992 errors"))
    }

    @Test func `describes as many lines as are wanted, and counts the others`() throws {
        let frames =
            (0..<13).flatMap { silence(1, at: 1000 + UInt16($0) * 7) }
            + refusals(3)
        let report = try report(on: frames)

        let text = TextReport(report, extent: .init(top: 1)).text

        #expect(lines(text).count { $0.firstMatch(of: #/^\d+  ERROR/#) != nil } == 1)
        #expect(text.contains("more incidents not described here"))
    }

    @Test func `leads to what one of its lines stands for`() throws {
        let report = try report(on: refusals(12) + silence(3))

        let second = TextReport(report, extent: .init(line: 1)).text
        let all = TextReport(report, extent: .init(showsAll: true, line: 1)).text

        #expect(lines(second).count { $0.hasPrefix("1  ERROR") } == 10)
        #expect(second.contains("  2 more of this kind"))
        #expect(lines(all).count { $0.hasPrefix("1  ERROR") } == 12)
        #expect(!second.contains("failed  total"))
    }

    @Test func `can be all, with what one pastes into a ticket`() throws {
        let text = try TextReport(report(on: burst), extent: .init(isShort: true)).text

        #expect(
            text.contains(
                "SYN burst on a reused port: 10.0.0.47 cannot connect to 10.0.0.81:304\n\n  10.0.0.47 opened"
            )
        )
        #expect(
            text.contains("  Why    1  syn-burst              SYN burst on a reused port")
        )
        #expect(text.contains("  Check  on 10.0.0.47  uname -r"))
        #expect(!text.contains("Seq=") && !text.contains("  Known"))
    }
}

/// The times of failures.
@Suite struct `Times of failures` {
    @Test func `become coarser where they are many, and lose none`() throws {
        let frames = (0..<20_000).flatMap { number -> [MemoryFrames.Record] in
            var exchange = Exchange(
                from: "10.1.\(number / 60_000).1:\(1024 + number % 60_000)",
                to: "10.9.0.1:80"
            ) {
                client.syn(seq: 1000)
                server.rstAck(ack: 1001)
            }
            exchange.begin += Int64(number) * 7_000_000_000
            return exchange.frames
        }
        let capture = try TrackedCapture(of: frames)
        let window = try #require(capture.tally.window)
        let diagnosis = Diagnosis(of: capture)

        let bars = try #require(
            diagnosis.failureTimes.bars(in: window.first...window.last, atMost: 60)
        )

        #expect(bars.length == 3_600_000_000_000)
        #expect(bars.counts.count == 40)
        #expect(bars.counts.reduce(0, +) == 20_000)
    }
}
