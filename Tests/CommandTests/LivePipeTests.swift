import Foundation
import Testing

/// `synopsis live -i -`: a capture that comes through standard input.
@Suite struct `A capture through a pipe` {
    private static let refused = Program.root.appending(path: "Captures/refused.pcap")

    private func live(_ pipe: Pipe, _ arguments: [String] = []) throws -> Running {
        try Running(
            [try Program.path.path, "live", "-i", "-", "--format", "ndjson"] + arguments,
            in: Scratch(),
            input: pipe.fileHandleForReading
        )
    }

    /// The ids of the findings in lines of events, or in a report.
    private func findings(_ text: String) throws -> Set<String> {
        let lines = try text.split(separator: "\n").map {
            try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] ?? [:]
        }
        let events = lines + lines.flatMap { $0["findings"] as? [[String: Any]] ?? [] }
        return Set(events.compactMap { ($0["finding"] as? [String: Any])?["id"] as? String })
    }

    @Test(arguments: ["refused", "nfs-syn-burst", "nfs-rst-loop"])
    func `gives the findings of the file`(_ name: String) throws {
        let file = Program.root.appending(path: "Captures/\(name).pcap")
        let live = try Program.run(
            "live",
            "-i",
            "-",
            "--format",
            "ndjson",
            input: try Data(contentsOf: file)
        )
        let report = try JSONSerialization.jsonObject(
            with: Data(try Program.run(file.path, "--format", "json").output.utf8)
        )
        let line = try JSONSerialization.data(withJSONObject: report)

        #expect(live.status == 0)
        #expect(try findings(live.output) == findings(String(decoding: line, as: UTF8.self)))
        #expect(try !findings(live.output).isEmpty)
    }

    @Test func `is analysed while it comes, and ends with a signal`() throws {
        let pipe = Pipe()
        let running = try live(pipe, ["--interval", "0.2"])
        try pipe.fileHandleForWriting.write(contentsOf: try Data(contentsOf: Self.refused))

        #expect(eventually { running.text("out").contains("connection-refused") })
        #expect(running.process.isRunning)
        kill(running.process.processIdentifier, SIGTERM)

        #expect(running.ends(within: 5))
        #expect(running.process.terminationStatus == 0)
        #expect(running.text("out").split(separator: "\n").last?.contains("\"stats\"") == true)
    }

    @Test func `is reported up to where it is damaged, which is said`() throws {
        let half = try Data(contentsOf: Self.refused).prefix(300)
        let live = try Program.run("live", "-i", "-", "--format", "ndjson", input: half)

        #expect(live.status == 2)
        #expect(live.output.contains("connection-refused"))
        #expect(live.errors.contains("synopsis: -: at byte"))
    }

    @Test func `does not go with interfaces`() throws {
        let live = try Program.run("live", "-i", "-", "-i", "lo")

        #expect(live.status == 2)
        #expect(live.errors.contains("Standard input cannot be combined with interfaces."))
    }
}
