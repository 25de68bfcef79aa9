import Foundation
import Testing

/// What a user meets who does not know the program yet, or makes a mistake.
@Suite struct `The command line` {
    @Test func `says what to do when nothing is said`() throws {
        let outcome = try Program.run()

        #expect(outcome.status == 2)
        #expect(outcome.errors.contains("synopsis FILE..."))
        #expect(outcome.output == "")
    }

    @Test func `explains itself on one screen`() throws {
        let outcome = try Program.run("--help")

        #expect(outcome.status == 0)
        let lines = outcome.output.split(separator: "\n")
        #expect(lines.count <= 24)
        #expect(lines.allSatisfy { $0.count <= 80 })
        #expect(outcome.output.components(separatedBy: "synopsis nfs.pcap").count == 3)
    }

    @Test func `names every option on that screen`() throws {
        let screen = try Program.run("--help").output
        let whole = try Program.run("analyze", "--help").output

        for match in whole.matches(of: /\n  (-[a-z]|--[a-z-]+)/) {
            #expect(screen.contains(match.output.1), "\(match.output.1)")
        }
    }

    @Test func `knows its version, and those of its libraries`() throws {
        let lines = try Program.run("--version").output.split(separator: "\n")

        try #require(lines.count == 2)
        #expect(lines[0].wholeMatch(of: #/synopsis \d+\.\d+\.\d+( \(commit [0-9a-f]+\))?/#) != nil)
        for library in ["libpcap", "zlib", "zstd", "lz4", "glibc"] {
            #expect(lines[1].contains(library))
        }
    }

    @Test func `has the texts of a manual page for every command`() throws {
        struct Command: Decodable {
            var commandName: String
            var subcommands: [Command]?
        }
        struct Dump: Decodable { var command: Command }
        let text = try Program.run("--experimental-dump-help").output
        let commands = try JSONDecoder().decode(Dump.self, from: Data(text.utf8)).command
        let page = Program.root.appending(path: ".github/packaging/manual.toml")
        let parts = try String(contentsOf: page, encoding: .utf8).split(separator: "\n[")

        let names = (commands.subcommands ?? []).map(\.commandName).filter { $0 != "help" }
        #expect(names.count >= 5)
        for name in names {
            let part = parts.first { $0.hasPrefix("\(name)]") } ?? ""
            #expect(part.contains("\nfiles = "), "\(name)")
            #expect(part.contains("\nexamples = "), "\(name)")
        }
    }

    @Test(arguments: [
        ["--no-such-option", "nfs-syn-burst.pcap"], ["nfs-syn-burst.pcap", "--format", "xml"],
        ["nfs-syn-burst.pcap", "--only", "no-such-pathology"],
        ["nfs-syn-burst.pcap", "--fail-on", "disaster"], ["explain", "no-such-pathology"],
        ["refused.pcap", "--time-zone", "Europe/Atlantis"], ["refused.pcap", "--time-zone", ""],
        ["refused.pcap", "--time-zone", "E5"], ["refused.pcap", "--time-zone", "../zoneinfo"],
        ["nfs-syn-burst.pcap", "--max-flows", "0"], ["explain", "--capture", "/dev/null"],
    ])
    func `refuses wrong usage with status 2`(_ arguments: [String]) throws {
        let first = arguments[0]
        let outcome =
            arguments.count == 2
            ? try Program.run(first, arguments[1])
            : try Program.run(first, arguments[1], arguments[2])

        #expect(outcome.status == 2)
        #expect(outcome.errors.hasSuffix("\n"))
        #expect(outcome.output == "")
    }

    @Test func `exits with 1 only when findings are to fail`() throws {
        #expect(try Program.run("nfs-syn-burst.pcap").status == 0)
        #expect(try Program.run("nfs-syn-burst.pcap", "--fail-on", "error").status == 1)
        #expect(try Program.run("port-reuse.pcap", "--fail-on", "warning").status == 0)
        #expect(try Program.run("healthy-wan.pcap", "--fail-on", "note").status == 0)
    }

    @Test(arguments: [
        ("UTC0", "17:06:49.637735 UTC"), ("EST5EDT", "13:06:49.637735 EDT"),
        ("<+03>-3", "20:06:49.637735 +03"), ("UTC", "17:06:49.637735 UTC"),
        ("CET-1CEST,M3.5.0,M10.5.0/3", "19:06:49.637735 CEST"),
    ])
    func `shows times in the zone that it is told`(_ zone: String, _ time: String) throws {
        let outcome = try Program.run("nfs-syn-burst.pcap", "--time-zone", zone)

        #expect(outcome.status == 0)
        #expect(outcome.output.contains(time), "\(outcome.output.prefix(200))")
    }

    @Test func `looks only for what it is told to`() throws {
        let only = try Program.run("nfs-syn-burst.pcap", "--only", "syn-burst")
        let ignoring = try Program.run("nfs-syn-burst.pcap", "--ignore", "syn-burst")

        #expect(!only.output.contains("syn-ack-stale"))
        #expect(ignoring.output.contains("1  syn-ack-stale"))
        #expect(
            try Program.run("port-reuse.pcap", "--min-severity", "warning").output.contains(
                "None of the selected pathologies was found."
            )
        )
    }

    @Test func `filters, and keeps the numbers of the packets`() throws {
        let outcome = try Program.run(
            "nfs-syn-burst.pcap",
            "-f",
            "icmp or src host 10.0.0.81",
            "--format",
            "json"
        )

        #expect(outcome.status == 0)
        #expect(outcome.output.contains("\"packets\":26"))
        #expect(outcome.output.contains("\"packets\":18"))
    }

    @Test func `stops after as many packets as it is told`() throws {
        let outcome = try Program.run("nfs-syn-burst.pcap", "-c", "6", "--format", "json")

        #expect(outcome.output.contains("\"totals\":{\"packets\":6,"))
    }

    @Test func `reads standard input`() throws {
        let file = Program.root.appending(path: "Captures/nfs-syn-burst.pcap")
        let outcome = try Program.run("-", input: Data(contentsOf: file))

        #expect(outcome.status == 0)
        #expect(outcome.output.hasPrefix("standard input   26 packets in 9.992 s"))
    }

    @Test func `reads rotated files as one capture, in the order of time`() throws {
        let folder = try Scratch()
        let whole = try Data(
            contentsOf: Program.root.appending(path: "Captures/nfs-syn-burst.pcap")
        )
        let cut = 24 + 90 * 4
        let first = folder.file("capture.pcap10", whole.prefix(cut))
        let second = folder.file("capture.pcap9", whole.prefix(24) + whole.dropFirst(cut))

        let report = try Program.run(second.path, first.path, "--format", "json").output
        let single = try Program.run("nfs-syn-burst.pcap", "--format", "json").output

        let name = "nfs-syn-burst.pcap"
        let events = single.split(separator: "\n").filter { $0.hasPrefix("{\"schema\"") }
        let origin = /"frame":(\d+),"file":(\d+),"frame_in_file":(\d+),/
        let placed = report.split(separator: "\n").filter { $0.hasPrefix("{\"schema\"") }
        let same = placed.map { Substring($0.replacing(origin) { "\"frame\":\($0.output.1)," }) }
        let begins = same.map { $0.firstMatch(of: /"pcap_cnt":(\d+)/).flatMap { Int($0.output.1) } }
        let files = begins.map { ($0 ?? 0) <= 4 ? first.path : second.path }
        #expect(same == zip(events, files).map { Substring($0.replacing(name, with: $1)) })
        #expect(Set(files).count == 2)
        let origins = placed.flatMap { $0.matches(of: origin) }.map(\.output)
        let numbers = origins.map { [$0.1, $0.2, $0.3].compactMap { Int($0) } }
        #expect(Set(numbers.map { $0[1] }) == [0, 1])
        #expect(numbers.allSatisfy { $0[0] == ($0[1] == 0 ? $0[2] : 4 + $0[2]) && $0[2] > 0 })
    }

    @Test func `lists several files with the numbers of their packets`() throws {
        let outcome = try Program.run("healthy-wan.pcap", "refused.pcap")

        let lines = outcome.output.split(separator: "\n")
        let expected = /(healthy-wan|refused).pcap +packets (\d+) to (\d+)/
        let matches = lines.prefix(2).compactMap { $0.wholeMatch(of: expected)?.output }
        try #require(matches.count == 2)
        let (first, second) = (matches[0], matches[1])
        let end = try #require(Int(first.3))
        #expect(first.2 == "1")
        #expect(Int(second.2) == end + 1)
        #expect(lines[2].hasPrefix("\(second.3) packets in "))
    }

    @Test func `reads several pipes, each but once`() throws {
        let folder = try Scratch()
        let pipes = ["first", "second"].map { folder.url.appending(path: $0).path }
        for pipe in pipes {
            let isMade = unsafe mkfifo(pipe, 0o600) == 0
            try #require(isMade)
        }
        let writers = Process()
        writers.executableURL = URL(filePath: "/bin/sh")
        let capture = Program.root.appending(path: "Captures/refused.pcap").path
        writers.arguments = ["-c", #"cat "$1" > "$2"; cat "$1" > "$3""#, "sh", capture] + pipes
        try writers.run()
        defer { writers.terminate() }

        let outcome = try Program.run(pipes[0], pipes[1])

        #expect(outcome.errors == "")
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("connection-refused"))
    }

    @Test func `writes a report and an example to files`() throws {
        let folder = try Scratch()
        let report = folder.url.appending(path: "report.json")
        let example = folder.url.appending(path: "example.pcap")

        let first = try Program.run("refused.pcap", "--format", "json", "-o", report.path)
        let second = try Program.run("explain", "rst-loop", "--capture", example.path)
        let third = try Program.run(example.path, "--only", "rst-loop")

        #expect(first.output == "" && first.status == 0 && second.status == 0)
        #expect(try String(contentsOf: report, encoding: .utf8).contains("connection-refused"))
        #expect(third.output.contains("RST loop: "))
    }

    @Test func `dates a report only when asked to`() throws {
        let plain = try Program.run("refused.pcap", "--format", "json")
        let dated = try Program.run(
            "refused.pcap",
            "--format",
            "json",
            environment: ["SOURCE_DATE_EPOCH": "1495000000"]
        )

        #expect(!plain.output.contains("generated_at"))
        #expect(dated.output.contains("\"generated_at\":\"2017-05-17T05:46:40.000000Z\""))
    }

    @Test(arguments: ["99999999999", "-99999999999", "yesterday"])
    func `refuses a date that it cannot hold`(_ epoch: String) throws {
        let outcome = try Program.run("refused.pcap", environment: ["SOURCE_DATE_EPOCH": epoch])

        #expect(outcome.status == 2)
        #expect(outcome.output == "")
        #expect(
            outcome.errors
                == "synopsis: SOURCE_DATE_EPOCH is not a usable number of seconds: '\(epoch)'\n"
        )
    }

    @Test func `lists the flows when asked to`() throws {
        let outcome = try Program.run("refused.pcap", "--format", "json", "--flows")

        let lines = outcome.output.split(separator: "\n").filter {
            $0.contains("\"event_type\":\"handshake\"")
        }
        #expect(lines.count == 13)
        #expect(lines.allSatisfy { $0.contains("\"outcome\":\"refused\",\"history\":\"Sr\"") })
    }
}
