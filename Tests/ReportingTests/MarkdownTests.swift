import Diagnosing
import Testing
import Tracking

@testable import Reporting

/// The report for a ticket.
@Suite struct `A ticket` {
    @Test(arguments: [
        ("*a* _b_ `c`", #"\*a\* \_b\_ \`c\`"#), ("SACK_PERM", "SACK_PERM"),
        ("<b> & [x](y)", #"\<b\> \& \[x\](y)"#), ("# no heading", "\\# no heading"),
        ("1. no list", #"1\. no list"#), ("10.0.0.47 opened", "10.0.0.47 opened"),
        ("- no list", #"\- no list"#), ("one\ntwo", "one two"), ("a | b", #"a \| b"#),
    ])
    func `has no text that is more than text`(_ text: String, _ escaped: String) {
        #expect(Markdown.escaped(text) == escaped)
    }

    @Test func `closes no block early`() {
        #expect(Markdown.block("a\n```\nb") == "````\na\n```\nb\n````\n")
    }

    @Test func `has title, verdict, why, checks, and the packets that prove it`() throws {
        let report = try report(on: burst)
        let incident = try ShownIncident(#require(report.incidents.first), in: report)

        let text = MarkdownReport(report).text

        #expect(text.contains("## ERROR: \(incident.title)\n\n\(incident.verdict)\n\n**Why**\n"))
        #expect(text.contains("1. `syn-burst`: \(incident.reasons[0].text)"))
        #expect(text.contains("```sh\n# Affected: 2.6.32-696 up to"))
        let rows = text.split(separator: "\n").filter { $0.contains("10.0.0.47 → 10.0.0.81") }
        #expect(rows.count == 3)
        #expect(rows[0].contains("705 → 304 [SYN] Seq=4241127797 Win=14480"))
    }

    @Test func `has a table of many incidents`() throws {
        let frames = (0..<3).flatMap { number in
            Exchange(from: "192.0.2.1:\(40_000 + number)", to: "192.0.2.\(9 + number):80") {
                client.syn(seq: 1000)
                server.rstAck(ack: 1001)
            }.frames
        }

        let lines = try MarkdownReport(report(on: frames)).text.split(separator: "\n")

        #expect(lines.contains("| # | failed | total | clients | first – last | severity | what |"))
        #expect(
            lines.count { $0.hasPrefix("| ") && $0.contains("| error | Connection refused") } == 3
        )
        #expect(lines.count { $0.hasPrefix("## ERROR: ") } == 3)
    }
}

/// The connections for spreadsheets.
@Suite struct `The table of connections` {
    private func state(_ exchange: Exchange) throws -> String? {
        try report(on: exchange, flows: true).handshakes?.first?.connectionState.rawValue
    }

    @Test func `has a line a connection, and what JSON calls its fields`() throws {
        let lines = try ConnectionTable(report(on: burst, flows: true)).text
            .split(separator: "\r\n").map(String.init)

        #expect(lines.count == 2)
        #expect(lines[0].hasPrefix("timestamp,pcap_cnt,src_ip,src_port,dest_ip,dest_port,service,"))
        let fields = lines[1].split(separator: ",", omittingEmptySubsequences: false)
        #expect(fields.count == ConnectionTable.columns.count)
        let state = ConnectionTable.columns.firstIndex(of: "conn_state")
        #expect(state.map { fields[$0] } == "S1")
        #expect(fields[2...5] == ["10.0.0.47", "705", "10.0.0.81", "304"])
    }

    @Test(arguments: [
        ("plain", "plain"), ("a,b", "\"a,b\""), ("say \"x\"", "\"say \"\"x\"\"\""),
        ("=1+1", "'=1+1"), ("two\nlines", "\"two\nlines\""),
    ])
    func `quotes what would be two fields, or a formula`(_ field: String, _ quoted: String) {
        #expect(ConnectionTable.quoted(field) == quoted)
    }

    @Test func `names states as Zeek does`() throws {
        let handshake = [
            client.syn(seq: 1000), server.synAck(seq: 5000, ack: 1001),
            client.ack(seq: 1001, ack: 5001),
        ]
        let ends = ("192.0.2.10:50000", "198.51.100.20:443")
        func after(_ steps: ScriptStep...) -> Exchange {
            Exchange(from: ends.0, to: ends.1, steps: handshake + steps)
        }
        let closes = [client.fin(seq: 1001, ack: 5001), server.fin(seq: 5001, ack: 1002)]

        #expect(try state(Exchange { client.syn(seq: 1000) }) == "S0")
        #expect(try state(after()) == "S1")
        #expect(try state(after(closes[0])) == "S2")
        #expect(try state(after(server.fin(seq: 5001, ack: 1001))) == "S3")
        #expect(try state(after(closes[0], closes[1], client.ack(seq: 1002, ack: 5002))) == "SF")
        #expect(try state(after(client.rst(seq: 1001))) == "RSTO")
        #expect(try state(after(server.rst(seq: 5001))) == "RSTR")
        #expect(
            try state(
                Exchange {
                    client.syn(seq: 1000)
                    server.rstAck(ack: 1001)
                }
            ) == "REJ"
        )
        #expect(
            try state(
                Exchange {
                    client.syn(seq: 1000)
                    client.rst(seq: 1001)
                }
            ) == "RSTOS0"
        )
        #expect(
            try state(
                Exchange {
                    client.data(seq: 1001, ack: 5001, length: 100)
                    server.ack(seq: 5001, ack: 1101)
                }
            ) == "OTH"
        )
    }
}
