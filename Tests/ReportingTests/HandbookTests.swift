import Diagnosing
import Reporting
import Testing
import Tracking

/// What `explain` prints.
@Suite struct `The handbook` {
    @Test(arguments: Catalog.manuals.map(\.id))
    func `has a page with every section and two ladders`(_ id: String) throws {
        let manual = try #require(Catalog.detector(named: id)).manual

        let page = Handbook().page(manual)

        let titles = [
            "What is seen", "What it means", "Not to be confused with", "What to check", "Sources",
            "Example",
            "Near miss",
        ]
        #expect(titles.allSatisfy { page.contains("\n\($0)") })
        let marks = page.split(separator: "\n").count { $0.contains("⚑") } - 1
        let isShort = !page.contains("more packets of the same kind")
        #expect(isShort ? marks == manual.example.flaggedPackets.count : marks > 3)
        for width in [80, 100] {
            let page = Handbook(style: Style(width: width)).page(manual)
            #expect(page.split(separator: "\n").filter { $0.count > width } == [])
        }
    }

    @Test func `draws who sent what`() throws {
        let manual = try #require(Catalog.detector(named: "connection-refused")).manual

        let page = Handbook().page(manual)

        #expect(page.contains("  1    0.000000  ├ [SYN] Seq=3677241340 ─"))
        #expect(page.contains("─ [RST, ACK] Seq=0 Ack=3677241341 ┤  ⚑"))
    }

    @Test func `lists all pathologies`() {
        let catalogue = Handbook().catalogue

        #expect(
            Catalog.manuals.allSatisfy { catalogue.contains($0.id) && catalogue.contains($0.title) }
        )
    }
}

/// The cases that others met before.
@Suite struct `Known issues` {
    @Test func `can all be read`() {
        #expect(KnownIssueLibrary.all.count == KnownIssueLibrary.fileCount)
    }

    @Test func `speak of pathologies and metrics that exist`() {
        for issue in KnownIssueLibrary.all {
            for condition in issue.variants.joined() {
                #expect(Catalog.detector(named: condition.pathology) != nil)
            }
            #expect(!issue.variants.isEmpty)
            #expect(issue.cure != nil)
        }
    }

    @Test func `match the RHEL 6.9 burst`() throws {
        let incident = try #require(report(on: burst).incidents.first)

        #expect(incident.knownIssues.map(\.id) == ["rhel-6.9-sunrpc-syn-burst"])
        #expect(incident.checks.first?.command == "uname -r")
        #expect(incident.checks.first?.host == "10.0.0.47")
    }

    @Test func `do not match a burst of a modern kernel`() throws {
        let modern = Exchange(from: "10.0.0.47:705", to: "10.0.0.81:304") {
            client.syn(seq: 4241129203, win: 64240)
            pause(.microseconds(61))
            client.syn(seq: 4241130150, win: 64240)
            server.synAck(seq: 1488229741, ack: 4241129204)
        }

        #expect(try report(on: modern).incidents.first?.knownIssues.isEmpty == true)
    }

    @Test func `match a reconnect that a stateful device drops`() throws {
        let dropped = Exchange(from: "10.0.0.47:705", to: "10.0.0.81:2049") {
            client.data(seq: 1001, ack: 5001, length: 100)
            server.ack(seq: 5001, ack: 1101)
            pause(.seconds(300))
            client.syn(seq: 700_000)
            pause(.seconds(1))
            client.syn(seq: 700_000)
            pause(.seconds(3))
            client.syn(seq: 700_000)
        }

        let incident = try #require(report(on: dropped).incidents.first)

        #expect(incident.knownIssues.map(\.id) == ["nfs-reconnect-same-port-dropped"])
    }
}
