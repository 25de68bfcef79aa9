import Diagnosing
import Reporting
import Testing
import Tracking

/// The report that a person reads.
@Suite struct `A text report` {
    @Test func `shows a packet in the columns that everyone knows`() throws {
        let lines = try TextReport(report(on: burst)).text.split(separator: "\n").map(String.init)

        let row = try #require(
            lines.first { $0.hasPrefix("    2") || $0.contains("Seq=4241129203") }
        )
        let columns = """
            +0.000090  10.0.0.47 → 10.0.0.81  TCP 74    705 → 304 [SYN] Seq=4241129203 Win=14600 Len=0 \
            MSS=1460 SACK_PERM TSval=110171009 TSecr=0 WS=128
            """
        #expect(row.hasSuffix(columns))
    }

    @Test func `puts the verdict before the packets`() throws {
        let text = try TextReport(report(on: burst)).text

        let verdict = try #require(
            text.firstRange(of: "1  ERROR  10.0.0.47 cannot connect to 10.0.0.81:304")
        )
        let timeline = try #require(text.firstRange(of: "Timeline"))
        #expect(verdict.upperBound < timeline.lowerBound)
    }

    @Test func `wraps prose and nothing else`() throws {
        let lines = try TextReport(report(on: burst), style: Style(width: 80)).text
            .split(separator: "\n")

        let prose = lines.prefix { !$0.contains("Check") }.dropFirst()
        #expect(prose.allSatisfy { $0.count <= 80 })
        #expect(lines.contains { $0.count > 150 })
    }

    @Test func `is coloured only when asked to be`() throws {
        let report = try report(on: burst)

        #expect(!TextReport(report).text.contains("\u{1B}"))
        #expect(
            TextReport(report, style: Style(isColored: true)).text.contains("\u{1B}[31;1mERROR")
        )
    }

    @Test func `says that nothing was found`() throws {
        let healthy = Exchange {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
        }

        let text = try TextReport(report(on: healthy)).text

        #expect(text.contains("1 connection attempted, 1 established"))
        #expect(text.contains("Every connection was established; no known failure was found."))
    }

    @Test func `lists the flows when asked to`() throws {
        let text = try TextReport(report(on: burst, flows: true)).text

        #expect(text.contains("10.0.0.47:705 → 10.0.0.81:304  stale-reply  Shi"))
    }

    @Test func `folds what repeats, and unfolds it with --all`() throws {
        let loop = Exchange {
            for cycle: UInt32 in 0..<40 {
                client.syn(seq: 1000 + cycle * 70_000)
                server.synAck(seq: 5000 + cycle * 70_000, ack: 1001 + cycle * 70_000)
                client.rst(seq: 1001 + cycle * 70_000)
            }
        }
        let report = try report(on: loop)

        let folded = TextReport(report).text
        let whole = TextReport(report, showsAll: true).text

        #expect(
            folded.contains(
                "(packets 4 to 120, until 05:46:40.011900: the same 3 packets 39 times more)"
            )
        )
        #expect(whole.split(separator: "\n").count { $0.contains("[RST]") } == 40)
    }
}
