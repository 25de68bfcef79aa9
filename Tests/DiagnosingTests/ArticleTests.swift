import Diagnosing
import Testing
import Tracking

/// The RHEL article's analysis, as the detectors and the composition write it.
@Suite struct `The RHEL listings` {
    @Test func `show a burst, a stale answer and a firewall, in this order`() throws {
        let incident = try #require(incidents(in: Article.burst).first)

        let expected = ["syn-burst", "syn-ack-stale", "icmp-admin-prohibited"]
        #expect(incident.chain.map(\.finding.pathology) == expected)
        #expect(incident.chain.map(\.role) == [.root, .consequence, .consequence])
        #expect(incident.severity == .error)
    }

    @Test func `show four SYNs in 198 µs on one clock`() throws {
        let burst = try finding(by: SYNBurst.self, in: Article.burst)

        #expect(burst.packets == [1, 2, 3, 4])
        #expect(burst[metric: "burst_syns"] == .integer(4))
        #expect(burst[metric: "burst_us"] == .integer(198))
        #expect(burst[metric: "isn_clock"] == .flag(true))
        #expect(burst[metric: "isns"] == .integer(5))
        #expect(burst[metric: "first_tsecr"] == .integer(1300375205))
        #expect(burst.summary.contains("4 times within 198 µs"))
        #expect(burst.explanation.contains("SYN 2, 3 and 4"))
    }

    @Test func `show an old half-open entry behind the stale answers`() throws {
        let stale = try finding(by: StaleSYNACK.self, in: Article.burst)

        #expect(stale.reason == "half-open-entry")
        #expect(stale[metric: "crossed"] == .integer(1))
        #expect(stale[metric: "retained"] == .integer(3))
        #expect(stale[metric: "half_open_entry"] == .integer(2))
        #expect(stale[metric: "acked_syn_index"] == .integer(1))
    }

    @Test func `show the client's own firewall`() throws {
        let refusal = try finding(by: AdministrativelyProhibited.self, in: Article.burst)

        #expect(refusal[metric: "sent_by"] == .text("client"))
        #expect(refusal[metric: "refused_synacks"] == .integer(6))
        #expect(refusal[metric: "least_delay_us"] == .integer(4))
        #expect(refusal.viewpoint.vantage == .client)
        #expect(refusal.summary.hasPrefix("10.0.0.47's own firewall rejected"))
    }

    @Test func `show an answer for a SYN from before the capture`() throws {
        let incident = try #require(incidents(in: Article.halfOpen).first)
        let unseen = incident.root

        #expect(
            incident.chain.map(\.finding.pathology) == ["syn-ack-unseen", "icmp-admin-prohibited"]
        )
        #expect(unseen.reason == "half-open-entry")
        #expect(unseen[metric: "echoes_current_syn"] == .flag(true))
        #expect(unseen.explanation.contains("202 s earlier"))
        #expect(unseen.explanation.contains("about 15 s"))
        #expect(unseen.guards.contains(.captureBeganMidFlow))
    }

    @Test func `show who resets whom by which rule`() throws {
        let incident = try #require(incidents(in: Article.resetLoop).first)
        let loop = try #require(incident.chain.last).finding

        #expect(
            incident.chain.map(\.finding.pathology) == ["syn-burst", "syn-ack-stale", "rst-loop"]
        )
        #expect(loop.reason == "both")
        #expect(loop.count == 3)
        #expect(loop.packets == [4, 5, 9, 10, 14, 15])
        #expect(loop.explanation.contains("3 RSTs with Seq=0 that acknowledge the second SYN"))
    }

    @Test func `give a verdict that stands alone`() throws {
        let verdict = try #require(incidents(in: Article.burst).first).verdict

        let expected = """
            10.0.0.47 opened the same connection to 10.0.0.81:304 4 times within 198 µs, each time from \
            port 705 with a new sequence number. 10.0.0.81 replied 6 times to the first SYN, which later \
            SYNs had already superseded. 10.0.0.47's own firewall rejected the SYN-ACK from \
            10.0.0.81 6 times (ICMP host administratively prohibited), 2 more SYNs did not help, \
            and the connection was still not established after 10 s. Fault: client (10.0.0.47).
            """
        #expect(verdict == expected)
    }

    @Test func `explain every packet`() throws {
        let history = try #require(histories(of: Article.resetLoop).first)
        let annotations = Annotations(history)

        let remarks = history.events.indices.map { annotations.remark(on: $0) }

        #expect(remarks.allSatisfy { $0 != nil })
        #expect(remarks[2] == "Answers SYN 1, already superseded by SYN 2.")
        #expect(remarks[4]?.hasPrefix("Answers SYN 2, not the RST") == true)
    }
}
