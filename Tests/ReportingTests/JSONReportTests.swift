import Diagnosing
import Foundation
import Reporting
import Testing
import Tracking

/// The JSON that tools depend on.
@Suite struct `A JSON report` {
    private func object(_ text: String) throws -> [String: Any] {
        let value = try JSONSerialization.jsonObject(with: Data(text.utf8))
        return try #require(value as? [String: Any])
    }

    @Test func `holds each finding as the line of its event`() throws {
        let report = try report(on: burst)
        let events = EventJSON(hasNanoseconds: false, inputs: ["script.pcap"])
        let incident = try #require(report.incidents.first)

        let lines = Set(JSONReport(report).text.split(separator: "\n").map(String.init))

        for link in incident.chain {
            let line = events.finding(link, of: incident).text
            #expect(lines.contains(line) || lines.contains(line + ","))
        }
    }

    @Test func `carries the envelope of a flow`() throws {
        let document = try object(JSONReport(report(on: burst)).text)

        let findings = try #require(document["findings"] as? [[String: Any]])
        let first = try #require(findings.first)
        #expect(first["event_type"] as? String == "finding")
        #expect(first["timestamp"] as? String == "2017-05-17T05:46:40.000000Z")
        #expect(first["community_id"] as? String == "1:mMm2MfULy8IodO7g7e3immhZOJY=")
        #expect(first["src_ip"] as? String == "10.0.0.47")
        #expect(first["src_port"] as? Int == 705)
        #expect(first["dest_port"] as? Int == 304)
        #expect(first["pcap_cnt"] as? Int == 1)
        #expect(try #require(first["flow_id"] as? Int) < 1 << 51)
    }

    @Test func `gives evidence with raw numbers and times since the first`() throws {
        let document = try object(JSONReport(report(on: burst)).text)

        let findings = try #require(document["findings"] as? [[String: Any]])
        let finding = try #require(findings.first?["finding"] as? [String: Any])
        let evidence = try #require(finding["evidence"] as? [[String: Any]])
        #expect(finding["pathology"] as? String == "syn-burst")
        #expect(finding["role"] as? String == "root")
        #expect(evidence.map { $0["t_us"] as? Int } == [0, 90])
        #expect(evidence.map { $0["seq"] as? Int } == [4241127797, 4241129203])
        #expect(evidence.map { $0["from"] as? String } == ["client", "client"])
        #expect(evidence.allSatisfy { $0["ack"] == nil })
    }

    @Test func `names the rule behind a RST`() throws {
        let refused = Exchange {
            client.syn(seq: 1000)
            server.rstAck(ack: 1001)
        }

        let document = try object(JSONReport(report(on: refused)).text)

        let findings = try #require(document["findings"] as? [[String: Any]])
        let finding = try #require(findings.first?["finding"] as? [String: Any])
        let evidence = try #require(finding["evidence"] as? [[String: Any]])
        #expect(evidence.compactMap { $0["rule"] as? String } == ["refuses-syn"])
    }

    @Test func `counts what it read`() throws {
        let document = try object(JSONReport(report(on: burst)).text)

        let totals = try #require(document["totals"] as? [String: Any])
        #expect(totals["packets"] as? Int == 4)
        #expect(totals["segments"] as? Int == 3)
        #expect(totals["icmp_errors"] as? Int == 1)
        #expect(totals["handshakes"] as? [String: Int] == ["stale-reply": 1])
        #expect(totals["findings"] as? [String: Int] == ["error": 3, "warning": 0, "note": 0])
    }

    @Test func `names the sender of an ICMP error`() throws {
        let document = try object(JSONReport(report(on: burst)).text)

        let findings = try #require(document["findings"] as? [[String: Any]])
        let refusal = try #require(findings.last?["finding"] as? [String: Any])
        let evidence = try #require(refusal["evidence"] as? [[String: Any]])
        #expect(evidence.first?["kind"] as? String == "ICMP")
        #expect(evidence.first?["from"] as? String == "client")
        #expect(evidence.first?["icmp_code"] as? Int == 10)
    }

    @Test func `names the service by the ClientHello`() throws {
        let cut = Exchange {
            ScriptOpening.tcp
            client.tls(.clientHello(serverName: "example.org"))
            server.reset()
        }

        let document = try object(JSONReport(report(on: cut)).text)

        let findings = try #require(document["findings"] as? [[String: Any]])
        let service = try #require(findings.first?["service"] as? [String: String])
        #expect(service == ["name": "example.org", "source": "tls-sni"])
    }

    @Test func `is the same for the same input`() throws {
        #expect(try JSONReport(report(on: burst)).text == JSONReport(report(on: burst)).text)
    }

    @Test func `escapes what JSON cannot hold`() {
        let value = JSONValue.members(("a\"b", .string("\\ \n \u{1} é 中")), ("empty", nil))

        #expect(value.text == #"{"a\"b":"\\ \n \u0001 é 中"}"#)
    }

    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000000Z"),
            (1_495_000_029_999_900_161, "2017-05-17T05:47:09.999900Z"),
            (951_782_400_000_000_000, "2000-02-29T00:00:00.000000Z"),
            (-1, "1969-12-31T23:59:59.999999Z"),
            (.max, "2262-04-11T23:47:16.854775Z"), (.min, "1677-09-21T00:12:43.145224Z"),
        ] as [(Int64, String)]
    )
    func `writes points in time by RFC 3339`(_ time: Int64, _ text: String) {
        #expect(UTCTime.text(time, hasNanoseconds: false) == text)
    }

    @Test func `writes nine digits if the capture has nanoseconds`() {
        #expect(
            UTCTime.text(1_495_000_029_999_900_161, hasNanoseconds: true)
                == "2017-05-17T05:47:09.999900161Z"
        )
    }
}
