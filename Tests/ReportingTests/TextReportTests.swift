import Diagnosing
import Reporting
import Testing
import Tracking

/// The report that a person reads.
@Suite struct `A text report` {
    @Test func `shows a packet in the columns that everyone knows`() throws {
        let lines = try TextReport(report(on: burst)).text.split(separator: "\n").map(String.init)

        let row = try #require(lines.firstIndex { $0.contains("Seq=4241129203") })
        let columns = "+0.000090  →   74  [SYN] Seq=4241129203 Win=14600 Len=0 MSS=1460 SACK_PERM"
        #expect(lines.contains("  10.0.0.47:705 → 10.0.0.81:304"))
        #expect(lines[row].hasPrefix("    2  ") && lines[row].hasSuffix(columns))
        #expect(lines[row + 1].trimmingPrefix { $0 == " " } == "TSval=110171009 TSecr=0 WS=128")
    }

    @Test func `shows the ends in each row of a wide page`() throws {
        let style = Style(isWide: true)
        let lines = try TextReport(report(on: burst), style: style).text.split(separator: "\n")

        let columns = """
            +0.000090  10.0.0.47 → 10.0.0.81  TCP 74    705 → 304 [SYN] Seq=4241129203 Win=14600 Len=0 \
            MSS=1460 SACK_PERM TSval=110171009 TSecr=0 WS=128
            """
        #expect(lines.contains { $0.hasSuffix(columns) })
    }

    @Test func `puts the verdict before the packets`() throws {
        let text = try TextReport(report(on: burst)).text

        let verdict = try #require(
            text.firstRange(of: "\nERROR  SYN burst on a reused port: 10.0.0.47 cannot connect")
        )
        let timeline = try #require(text.firstRange(of: "10.0.0.47:705 → 10.0.0.81:304"))
        #expect(verdict.upperBound < timeline.lowerBound)
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
        let whole = TextReport(report, extent: .init(showsAll: true)).text

        #expect(
            folded.contains(
                """
                …  (packets 4 to 120, until 05:46:40.011900: 39 repetitions of packets 1 to 3, with other
                """
            )
        )
        #expect(whole.split(separator: "\n").count { $0.contains("[RST]") } == 40)
    }

    @Test func `folds three equal pairs, and loses none of their times`() throws {
        let retained = Exchange {
            client.syn(seq: 1000)
            for _ in 0..<4 {
                server.synAck(seq: 5000, ack: 777)
                client.rst(seq: 777)
            }
        }

        let text = try TextReport(report(on: retained)).text
        let words = text.split { $0.isWhitespace || ",()".contains($0) }

        #expect(text.contains("(3 repetitions of packets 2 and 3, with the same numbers: 4 at "))
        for hundreds in 3...8 {
            let row = words.indices.first { words[$0] == "05:46:40.000\(hundreds)00" }
            #expect(row.map { words[$0 + 1] } == "+0.000100")
        }
    }

    @Test func `shows what triggered a RST that is shown`() throws {
        let rejected = Exchange {
            client.syn(seq: 1000)
            for _ in 0..<10 { server.synAck(seq: 5000, ack: 777) }
            client.rst(seq: 777)
        }

        let lines = try TextReport(report(on: rejected)).text.split(separator: "\n")

        #expect(
            lines.contains {
                $0.contains("(8 repetitions of packet 2, with the same numbers: 3 at ")
            }
        )
        #expect(lines.contains { $0.hasPrefix("    11  ") && $0.contains("[SYN, ACK]") })
        #expect(lines.contains { $0.hasPrefix("    12  ") && $0.contains("[RST]") })
    }
}
