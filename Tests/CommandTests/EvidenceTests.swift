import Foundation
import Testing
import Tracking

/// Captures with the diagnosis in them, and outputs without names.
@Suite struct `Evidence to hand over` {
    private static let captures = [
        "nfs-syn-burst.pcap", "refused.pcap", "challenge-ack.pcap", "rejected-ipv6.pcap",
        "tls-premature-close.pcap", "Lab/fmt_gre_key_v6.pcap", "Lab/fmt_pcapng_two_ifaces.pcapng",
    ].filter {
        FileManager.default.fileExists(atPath: Program.root.appending(path: "Captures/\($0)").path)
    }

    private struct Report: Decodable {
        struct Event: Decodable { let finding: Finding }
        struct Finding: Decodable {
            let pathology: String
            let evidence: [Evidence]
        }
        struct Evidence: Decodable { let frame: UInt64 }
        let findings: [Event]
    }

    private func report(on file: String, _ options: String...) throws -> Report {
        let outcome = try Program.run(all: [file, "--format", "json"] + options)
        return try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
    }

    private func evidence(of report: Report) -> Set<UInt64> {
        Set(report.findings.flatMap(\.finding.evidence).map(\.frame))
    }

    @Test(arguments: captures)
    func `stands as comments on exactly the packets that prove it`(_ capture: String) throws {
        let folder = try Scratch()
        let output = folder.url.appending(path: "out.pcapng").path
        let report = try report(on: capture, "--annotate", output, "--annotate-all")

        let blocks = try PcapngBlocks(reading: output)

        let commented = blocks.packets.filter { !$0.comments.isEmpty }.map(\.number)
        #expect(Set(commented) == evidence(of: report))
        #expect(!commented.isEmpty)
        #expect(blocks.sectionComment.contains("Incident "))
        #expect(
            try self.report(on: output).findings.map(\.finding.pathology)
                == report.findings.map(\.finding.pathology)
        )
        let original = try StoredCapture(
            reading: Program.root.appending(path: "Captures/\(capture)").path
        )
        #expect(blocks.packets.map(\.bytes) == original.frames.map(\.bytes))
        #expect(blocks.packets.map(\.originalLength) == original.frames.map(\.originalLength))
    }

    @Test func `holds the packets of one line of the overview where one is asked for`() throws {
        let folder = try Scratch()
        let (all, one) = (folder.url.path + "/all.pcapng", folder.url.path + "/one.pcapng")
        let capture = "rejected-ipv6.pcap"
        #expect(try Program.run(capture, "--annotate", all).status == 0)
        #expect(try Program.run(capture, "--annotate", one, "--incident", "2").status == 0)

        let (whole, part) = (try PcapngBlocks(reading: all), try PcapngBlocks(reading: one))

        #expect(part.packets.count < whole.packets.count)
        #expect(!part.packets.flatMap(\.comments).isEmpty)
    }

    @Test func `is read out of compressed files that are one capture`() throws {
        let folder = try Scratch()
        let file = Program.root.appending(path: "Captures/refused.pcap")
        let stored = try StoredCapture(reading: file.path)
        var (first, second) = (stored, stored)
        first.frames = Array(stored.frames.prefix(10))
        second.frames = Array(stored.frames.dropFirst(10))
        let names = try [first, second].enumerated().map { index, part in
            let file = folder.file("part\(index).pcap", part.data)
            let gzip = Process()
            gzip.executableURL = URL(filePath: "/usr/bin/gzip")
            gzip.arguments = [file.path]
            try gzip.run()
            gzip.waitUntilExit()
            return file.path + ".gz"
        }
        let output = folder.url.appending(path: "out.pcapng").path

        let outcome = try Program.run(all: names + ["--annotate", output, "--annotate-all"])

        #expect(outcome.status == 0)
        let blocks = try PcapngBlocks(reading: output)
        #expect(blocks.packets.map(\.bytes) == stored.frames.map(\.bytes))
        let comments = blocks.packets.flatMap(\.comments)
        #expect(comments.contains { $0.hasSuffix(" of part1.pcap.gz]") })
    }

    @Test func `is not taken from what can be read but once`() throws {
        let folder = try Scratch()
        let output = folder.url.appending(path: "out.pcapng").path
        let capture = Program.root.appending(path: "Captures/refused.pcap")

        let outcome = try Program.run(
            "-",
            "--annotate",
            output,
            input: try Data(contentsOf: capture)
        )

        #expect(outcome.status == 2)
        #expect(outcome.errors.contains("standard input: cannot be read twice"))
        #expect(!FileManager.default.fileExists(atPath: output))
    }

    @Test func `replaces no capture unless it is forced to`() throws {
        let folder = try Scratch()
        let data = try Data(contentsOf: Program.root.appending(path: "Captures/refused.pcap"))
        let file = folder.file("old.pcapng", data)

        let refused = try Program.run("refused.pcap", "--annotate", file.path)
        #expect(refused.status == 2)
        #expect(try Data(contentsOf: file) == data)

        #expect(try Program.run("anonymise", "refused.pcap", file.path).status == 2)
        #expect(try Data(contentsOf: file) == data)

        #expect(try Program.run("anonymise", "refused.pcap", file.path, "--force").status == 0)
        #expect(try Data(contentsOf: file) != data)
    }

    @Test func `has a key of its own, for its owner alone`() throws {
        let folder = try Scratch()
        let key = folder.url.appending(path: "key").path
        func run(_ name: String, _ options: String...) throws -> Data {
            let output = folder.url.appending(path: name)
            let arguments = ["anonymise", "nfs-rst-loop.pcap", output.path] + options
            #expect(try Program.run(all: arguments).status == 0)
            return try Data(contentsOf: output)
        }

        let first = try run("1", "--anonymise-key", key)

        let mode = try FileManager.default.attributesOfItem(atPath: key)[.posixPermissions]
        #expect(mode as? Int == 0o600)
        #expect(try run("2", "--anonymise-key", key) == first)
        #expect(try run("3") != first)
        let other = folder.file("other", Data("no key\n".utf8))
        let refused = try Program.run(
            "anonymise",
            "refused.pcap",
            folder.url.path + "/4",
            "--anonymise-key",
            other.path
        )
        #expect(refused.status == 2)
    }

    @Test(arguments: ["text", "json", "ndjson", "html", "markdown", "csv"])
    func `names no host, file or line of a log in any format`(_ format: String) throws {
        let folder = try Scratch()
        let key = folder.url.appending(path: "key").path
        let log = "netbackup-shutdown-in-init.connecting.log"
        let arguments = [
            "netbackup-shutdown-in-init.pcap", "--format", format, "--log", log, "--anonymise",
            "--anonymise-key", key, "--flows",
        ]

        let outcome = try Program.run(all: arguments)
        let again = try Program.run(all: arguments)
        let plain = try Program.run(
            all: ["netbackup-shutdown-in-init.pcap", "--format", format, "--flows"]
        )

        #expect(outcome.status == 0)
        #expect(outcome.output == again.output)
        let words = plain.output.split { !$0.isNumber && $0 != "." }.map(String.init)
        // The examples of manuals are between addresses of documentation.
        let originals = Set(words.filter { Address($0) != nil && !$0.hasPrefix("192.0.2.") })
            .subtracting(["198.51.100.20"])
        #expect(!originals.isEmpty)
        for word in originals.union([log, "netbackup-shutdown"]) {
            #expect(!outcome.output.contains(word), "\(word)")
        }
    }

    @Test func `is the same whether the capture or the report is anonymised`() throws {
        let folder = try Scratch()
        let key = folder.url.appending(path: "key").path
        let output = folder.url.appending(path: "out.pcapng").path
        for capture in Self.captures {
            let anonymised = try Program.run(
                "anonymise",
                capture,
                output,
                "--anonymise-key",
                key,
                "--force"
            )
            #expect(anonymised.status == 0)
            let original = try Program.run(
                capture,
                "--format",
                "markdown",
                "--anonymise",
                "--anonymise-key",
                key
            )
            let copy = try Program.run(output, "--format", "markdown", "--all")
            let body = original.output.split(separator: "## ").dropFirst().map(String.init)

            #expect(!body.isEmpty)
            #expect(body == copy.output.split(separator: "## ").dropFirst().map(String.init))
        }
    }
}
