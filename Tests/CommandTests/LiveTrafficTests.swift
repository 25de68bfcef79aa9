import Foundation
import Requirements
import Testing

/// What `RealTraffic/live.py` saw: the program on interfaces of network namespaces, with tcpdump
/// beside it.
enum LiveTraffic {
    struct Reason: Error {
        let words: String
        let isSkip: Bool
    }

    /// The folder of outcomes, or why there are none.
    static let outcomes: Result<Scratch, Reason> = {
        do {
            let folder = try Scratch()
            let maker = Process()
            maker.executableURL = URL(filePath: "/usr/bin/env")
            let script = URL(filePath: #filePath).deletingLastPathComponent()
                .appending(path: "RealTraffic/live.py")
            let words = ["timeout", "-s", "KILL", "180", "python3", script.path]
            maker.arguments = words + [try Program.path.path, folder.url.path]
            maker.standardOutput = FileHandle.nullDevice
            let complaints = Pipe()
            maker.standardError = complaints
            try maker.run()
            let text = try complaints.fileHandleForReading.readToEnd() ?? Data()
            maker.waitUntilExit()
            guard maker.terminationStatus == 0 else {
                let words = String(decoding: text, as: UTF8.self)
                return .failure(Reason(words: words, isSkip: maker.terminationStatus == 77))
            }
            return .success(folder)
        } catch {
            return .failure(Reason(words: "\(error)", isSkip: true))
        }
    }()

    /// Whether interfaces can be made here; where not, the reason stands in the test's output.
    static var isPossible: Bool {
        if case .failure(let reason) = outcomes, reason.isSkip {
            return isRun("synopsis live on interfaces", unless: reason.words)
        }
        return true
    }

    static func outcome(_ name: String) throws -> [String: Any] {
        let data = try Data(
            contentsOf: outcomes.get().url.appending(path: "\(name).json")
        )
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    /// The events of a program that ran alone.
    static func events(_ name: String) throws -> [[String: Any]] {
        let output = try #require(try outcome(name)["output"] as? String)
        return try output.split(separator: "\n").map { line in
            let event = try JSONSerialization.jsonObject(with: Data(line.utf8))
            return try #require(event as? [String: Any])
        }
    }
}

/// What identifies a finding, as an event or a report tells it.
private struct ReportedFinding: Hashable, CustomStringConvertible {
    let id: String
    let incident: String
    let pathology: String
    let role: String
    let severity: String
    let status: String
    let count: Int

    init?(_ event: [String: Any]) {
        guard let finding = event["finding"] as? [String: Any] else { return nil }
        func word(_ name: String) -> String { finding[name] as? String ?? "" }
        id = word("id")
        incident = word("incident")
        pathology = word("pathology")
        role = word("role")
        severity = word("severity")
        status = word("status")
        count = finding["count"] as? Int ?? 0
    }

    var description: String {
        "\(severity) \(pathology) ×\(count), \(role), \(status), \(id) of \(incident)"
    }
}

@Suite(.tags(.slow)) struct `Live on an interface` {
    /// What the last event of each finding says, but for those that were taken back.
    private func last(of events: [[String: Any]]) -> Set<ReportedFinding> {
        var latest: [String: ReportedFinding] = [:]
        for finding in events.compactMap(ReportedFinding.init) { latest[finding.id] = finding }
        return Set(latest.values.filter { $0.status != "withdrawn" })
    }

    @Test(
        .enabled(if: LiveTraffic.isPossible),
        arguments: [
            ("refused", "connection-refused"), ("silent", "syn-unanswered"),
            ("full-queue", "accept-queue-overflow"), ("rejected-burst", "icmp-admin-prohibited"),
        ]
    )
    func `tells of a failure within a second of its evidence`(
        _ scenario: String,
        _ pathology: String
    ) throws {
        let outcome = try LiveTraffic.outcome(scenario)

        let evidence = try #require(outcome["evidence"] as? Double)
        let events = try #require(outcome["events"] as? [[Any]])
        let arrivals = events.compactMap { event -> Double? in
            let told = (event.last as? [String: Any]).flatMap(ReportedFinding.init)
            return told?.pathology == pathology ? event.first as? Double : nil
        }

        let first = try #require(arrivals.first)
        #expect(first - evidence < 1)
        #expect(outcome["status"] as? Int == 0)
        #expect(outcome["errors"] as? String == "")
    }

    @Test(
        .enabled(if: LiveTraffic.isPossible),
        arguments: ["refused", "silent", "full-queue", "rejected-burst"]
    )
    func `has found in the end what the file of tcpdump shows`(_ scenario: String) throws {
        let file = try LiveTraffic.outcomes.get().url.appending(path: "\(scenario).pcap")
        let report = try JSONSerialization.jsonObject(
            with: Data(try Program.run(file.path, "--format", "json").output.utf8)
        )
        let findings = (report as? [String: Any])?["findings"] as? [[String: Any]] ?? []
        let expected = Set(findings.compactMap(ReportedFinding.init))

        let events = try LiveTraffic.outcome(scenario)["events"] as? [[Any]] ?? []
        let found = last(of: events.compactMap { $0.last as? [String: Any] })

        #expect(found == expected)
        #expect(!found.isEmpty)
    }

    @Test(.enabled(if: LiveTraffic.isPossible), arguments: ["terminated", "counted", "timed"])
    func `ends with the last statistics, and well`(_ manner: String) throws {
        let events = try LiveTraffic.events(manner)

        #expect(try LiveTraffic.outcome(manner)["status"] as? Int == 0)
        #expect(events.last?["event_type"] as? String == "stats")
        #expect(try LiveTraffic.outcome(manner)["errors"] as? String == "")
    }

    @Test(.enabled(if: LiveTraffic.isPossible))
    func `stops at the packet that it was told to`() throws {
        let events = try LiveTraffic.events("counted")

        let statistics = events.last?["stats"] as? [String: Any]
        #expect(statistics?["packets"] as? Int == 3)
    }

    @Test(.enabled(if: LiveTraffic.isPossible))
    func `says on a signal how it stands, and goes on to the report`() throws {
        let outcome = try LiveTraffic.outcome("interrupted")
        let output = try #require(outcome["output"] as? String)
        let parts = output.components(separatedBy: "-- ends --\n")

        #expect(outcome["status"] as? Int == 0)
        #expect(parts.count == 2)
        for part in parts {
            #expect(part.contains("1 connection attempted, 0 established"))
            #expect(part.contains("cannot connect to 127.0.0.1:81"))
            #expect(part.contains("[RST, ACK]"))
        }
        #expect(parts[0].contains("   Why    connection-refused"))
    }

    @Test(.enabled(if: LiveTraffic.isPossible))
    func `looks for what was asked for only`() throws {
        let types = try LiveTraffic.events("selective").compactMap { $0["event_type"] as? String }

        #expect(types == ["stats"])
    }

    @Test(.enabled(if: LiveTraffic.isPossible))
    func `ends quietly when its reader has gone`() throws {
        let outcome = try LiveTraffic.outcome("unread")

        #expect(outcome["status"] as? Int == 0)
        #expect(outcome["errors"] as? String == "")
    }

    @Test(.enabled(if: LiveTraffic.isPossible))
    func `watches several interfaces as one`() throws {
        let events = try LiveTraffic.events("two-interfaces")

        let statistics = events.last?["stats"] as? [String: Any]
        let interfaces = statistics?["interfaces"] as? [[String: Any]] ?? []
        #expect(interfaces.compactMap { $0["name"] as? String } == ["lo", "here"])
        #expect(events.compactMap(ReportedFinding.init).map(\.pathology) == ["connection-refused"])
        // Those on the other interface, too.
        #expect(statistics?["packets"] as? Int ?? 0 > 2)
    }

    @Test(.enabled(if: LiveTraffic.isPossible))
    func `survives an interface that goes and comes back`() throws {
        let outcome = try LiveTraffic.outcome("interface-lost")
        let events = try LiveTraffic.events("interface-lost")

        let notices = events.compactMap { ($0["notice"] as? [String: Any])?["code"] as? String }
        #expect(notices == ["interface-lost", "interface-back"])
        #expect(last(of: events).map(\.pathology) == ["syn-unanswered"])
        #expect(outcome["status"] as? Int == 0)
        let complaints = (outcome["errors"] as? String ?? "").split(separator: "\n")
        #expect(complaints.count == 2)
    }

    @Test(.enabled(if: LiveTraffic.isPossible))
    func `counts exactly what the kernel dropped`() throws {
        let events = try LiveTraffic.events("overrun")

        let notices = events.compactMap { ($0["notice"] as? [String: Any])?["code"] as? String }
        let statistics = try #require(events.last?["stats"] as? [String: Any])
        let taken = try #require(statistics["packets"] as? Int)
        let dropped = try #require(statistics["dropped_by_kernel"] as? Int)
        #expect(notices == ["capture-drops"])
        #expect(dropped > 1000)
        #expect(taken + dropped == 5000)
    }

    @Test(.enabled(if: LiveTraffic.isPossible && `The schema`.hasValidator))
    func `writes events as the schema has them`() throws {
        let folder = try Scratch()
        let schema = folder.file("schema.json", Data(try Program.run("schema").output.utf8))
        var documents: [String] = []
        for name in ["terminated", "interface-lost", "two-interfaces", "overrun"] {
            for (index, event) in try LiveTraffic.events(name).enumerated() {
                let data = try JSONSerialization.data(withJSONObject: event)
                documents.append(folder.file("\(name).\(index).json", data).path)
            }
        }

        let (status, output) = try withExtendedLifetime(folder) {
            try `The schema`.python(["-c", `The schema`.validator, schema.path] + documents)
        }

        #expect(status == 0, "\(output)")
        #expect(documents.count > 6)
    }
}

@Suite(.tags(.slow)) struct `Live without an interface` {
    @Test func `asks for one`() throws {
        let run = try Program.run("live")

        #expect(run.status == 2)
        #expect(run.errors.contains("Specify an interface with -i"))
    }

    @Test func `says that there is no such one`() throws {
        let run = try Program.run("live", "-i", "nowhere0", "--duration", "1")

        #expect(run.status == 2)
        #expect(run.errors.hasPrefix("synopsis: nowhere0: "))
        #expect(run.output == "")
    }

    @Test(arguments: [
        ["--snapshot-length", "10"], ["--buffer-size", "0"], ["--duration", "0"],
        ["--only", "nothing"], ["--max-flows", "0"], ["--time-zone", "Nowhere/Else"],
    ])
    func `refuses what makes no sense`(_ words: [String]) throws {
        let run = try Program.run("live", "-i", "lo", words[0], words[1])

        #expect(run.status == 2)
    }
}
