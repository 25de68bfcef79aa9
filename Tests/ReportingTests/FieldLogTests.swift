import Diagnosing
import Reporting
import Testing
import Tracking

/// Logs as three systems in the field wrote them, beside connections as they had them.
@Suite struct `A log from the field` {
    /// A report on `exchange`, begun at `begin`, beside one log.
    private func report(
        _ exchange: Exchange,
        at begin: String,
        beside lines: String,
        offset: Int64 = 0
    ) throws -> Report {
        var exchange = exchange
        exchange.begin = try #require(Instant(begin)).time(from: 0)
        var report = try ReportingTests.report(on: exchange)
        var reader = try LogReader(
            name: "some.log",
            window: #require(report.window),
            offset: offset
        )
        for line in lines.split(separator: "\n") { reader.read(line.utf8) }
        var logs = Logs()
        let (summary, entries) = reader.finish()
        logs.add(summary, entries)
        report.merge(logs)
        return report
    }

    /// What ties each entry that stands beside the first incident, by its line.
    private func ties(_ report: Report) -> [Int: String] {
        guard let merge = report.logs else { return [:] }
        let entries = merge.placed[0] ?? []
        return Dictionary(
            uniqueKeysWithValues: entries.map {
                (merge.logs.entries[$0.entry].number, $0.tie.rawValue)
            }
        )
    }

    /// The handshake is done, and the server's process resets what it was to take over.
    private func resetAfterHandshake(from client: String, to server: String) -> Exchange {
        Exchange(from: client, to: server) {
            Tracking.client.syn(seq: 1000)
            Tracking.server.synAck(seq: 5000, ack: 1001)
            Tracking.client.ack(seq: 1001, ack: 5001)
            pause(.milliseconds(150))
            Tracking.server.reset(seq: 5001, ack: 1001)
        }
    }

    @Test func `of NetBackup names the connection with points for colons, over three lines too`()
        throws
    {
        let connection = resetAfterHandshake(from: "10.10.20.31:50483", to: "10.10.20.30:1556")
        let report = try report(
            connection,
            at: "2020-06-14T00:04:12.560Z",
            beside: """
                00:04:12.562 [20228.8140] <2> logconnections: BPDBM CONNECT FROM 10.10.20.31.50483 TO 10.10.20.30.1556 fd = 1020
                00:04:12.562 [20228.8140] <2> db_begin: auth only query 78, socket 1020 is not proxied
                00:04:12.562 [20228.8140] <2> db_getdata: ts_get_string_handle() failed (32)
                premature end of file encountered (-9) WSAGetLastError(): 0
                00:04:12.719 [17856.24872] <2> DbmParentInChild::handle_input: fd(1012) from parent(BPDBM ACCEPT FROM 10.10.20.31.50483 TO
                10.10.20.30.1556
                fd = 908), request count(5)
                00:04:12.719 [17856.24872] <2> daemon_proxy_proto: daemon protocol for (10.10.20.30:1556 <- 10.10.20.31:50483)
                00:04:12.734 [17856.24872] <16> vnet_proxy_handoff_receive: WSASocket() failed: 10107
                00:04:12.740 [17856.24872] <2> logconnections: BPDBM ACCEPT FROM 10.10.20.31.50484 TO 10.10.20.30.1556 fd = 908
                """
        )

        #expect(
            ties(report) == [1: "flow", 2: "time", 3: "time", 5: "flow", 8: "flow", 9: "time"]
        )
        #expect(report.logs?.logs.summaries.first?.assumedDay?.description == "2020-06-14")
    }

    @Test func `of the audit daemon says when the process died, to the millisecond`() throws {
        let connection = resetAfterHandshake(from: "203.0.113.77:38409", to: "192.0.2.10:443")
        let report = try report(
            connection,
            at: "2014-01-29T22:01:24.675Z",
            beside: """
                type=ANOM_ABEND msg=audit(1391032884.818:1967129): auid=809400027 uid=0 pid=31826 comm="haproxy" sig=6
                Jan 29 22:08:04 lb1 abrtd: a second and a day too late
                """
        )

        let text = TextReport(report).text
        let rows = text.split(separator: "\n").filter {
            $0.contains("  [") || $0.contains("some.log:")
        }
        #expect(ties(report) == [1: "time"])
        #expect(rows[3].contains("22:01:24.818000") && text.contains("haproxy\" sig=6"))
        #expect(rows[4].contains("[RST, ACK]"))
    }

    @Test func `of hastd bears no year, names the host, and has its clock set right`() throws {
        let silent = Exchange(from: "10.0.0.1:31337", to: "10.0.0.2:8457") {
            client.syn(seq: 1000)
            pause(.seconds(1))
            client.syn(seq: 1000)
            pause(.seconds(2))
            client.syn(seq: 1000)
        }
        let report = try report(
            silent,
            at: "2026-06-09T16:23:00Z",
            beside: """
                Jun  9 15:23:01 a hastd[811]: [data] (primary) Unable to connect to 10.0.0.2.
                Jun  9 15:23:02 b hastd[702]: [data] (secondary) Unable to receive header from tcp4://10.0.0.1:31337
                Jun  9 16:23:02 b hastd[702]: what its clock shows an hour later
                """,
            offset: 3_600_000_000_000
        )

        #expect(ties(report) == [1: "host", 2: "end"])
    }
}
