import Foundation
import Testing

/// Files that a command writes: never one that it reads, and whole or not at all.
@Suite struct `An output file` {
    private let folder: Scratch
    private let capture: URL
    private let content: Data

    init() throws {
        folder = try Scratch()
        content = try Data(contentsOf: Program.root.appending(path: "Captures/refused.pcap"))
        capture = folder.file("c.pcap", content)
    }

    private func path(_ name: String) -> String { folder.url.appending(path: name).path }

    private var isUntouched: Bool {
        get throws { try Data(contentsOf: capture) == content }
    }

    @Test func `is never the input`() throws {
        let outcome = try Program.run(capture.path, "-o", capture.path)

        #expect(outcome.status == 2)
        #expect(outcome.errors.contains("it is the input"))
        #expect(try isUntouched)
    }

    @Test(arguments: ["hard", "symbolic"])
    func `is never the input by another name, not even by force`(_ kind: String) throws {
        let other = path("other.txt")
        let isLinked =
            kind == "hard"
            ? unsafe link(capture.path, other) == 0 : unsafe symlink(capture.path, other) == 0
        try #require(isLinked)

        let outcome = try Program.run(capture.path, "-o", other, "--force")

        #expect(outcome.status == 2)
        #expect(try isUntouched)
    }

    @Test func `is never standard input`() throws {
        let shell = Process()
        shell.executableURL = URL(filePath: "/bin/sh")
        shell.arguments = [
            "-c", "\"$1\" - -o \"$2\" <\"$2\"", "sh", try Program.path.path, capture.path,
        ]
        shell.standardError = FileHandle.nullDevice
        try shell.run()
        shell.waitUntilExit()

        #expect(shell.terminationStatus == 2)
        #expect(try isUntouched)
    }

    @Test func `is no capture unless it is forced`() throws {
        let refused = try Program.run("refused.pcap", "-o", capture.path)
        let kept = try isUntouched
        let forced = try Program.run("refused.pcap", "-o", capture.path, "--force")

        #expect(refused.status == 2)
        #expect(refused.errors.contains("--force"))
        #expect(kept)
        #expect(forced.status == 0)
        #expect(try String(contentsOf: capture, encoding: .utf8).contains("refused"))
    }

    @Test(
        arguments: [[0x1F, 0x8B, 8, 0], [0x28, 0xB5, 0x2F, 0xFD], [0x0A, 0x0D, 0x0D, 0x0A]]
            as [[UInt8]]
    )
    func `is no compressed file and no pcapng either`(_ magic: [UInt8]) throws {
        let file = folder.file("some", Data(magic + [0, 0, 0, 0]))

        #expect(try Program.run("refused.pcap", "-o", file.path).status == 2)
        #expect(try Program.run("explain", "syn-burst", "--capture", file.path).status == 2)
        #expect(try Data(contentsOf: file) == Data(magic + [0, 0, 0, 0]))
    }

    @Test(arguments: ["udp:log.example:514", "http://example.com/x", "syslog:local0"])
    func `has no scheme that is unknown`(_ target: String) throws {
        let outcome = try Program.run("refused.pcap", "-o", target)
        let live = try Program.run("live", "-i", "lo", "-o", target)

        #expect(outcome.status == 2)
        #expect(outcome.errors.contains("is not a kind of output"))
        #expect(live.status == 2)
    }

    @Test func `replaces an older report, and leaves nothing beside it`() throws {
        let report = folder.file("report.txt", Data("an older report".utf8))

        let outcome = try Program.run("refused.pcap", "-o", report.path)

        #expect(outcome.status == 0)
        #expect(
            try String(contentsOf: report, encoding: .utf8) == Program.run("refused.pcap").output
        )
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
        #expect(!names.contains { $0.hasSuffix(".part") })
    }

    @Test func `stays as it was where the new one cannot be written`() throws {
        let report = folder.file("report.txt", Data("an older report".utf8))
        try #require(unsafe mkdir(path(".report.txt.part"), 0o755) == 0)

        let outcome = try Program.run("refused.pcap", "-o", report.path)

        #expect(outcome.status == 2)
        #expect(try String(contentsOf: report, encoding: .utf8) == "an older report")
    }

    @Test func `may be a device`() throws {
        let outcome = try Program.run("refused.pcap", "-o", "/dev/stdout")

        #expect(outcome.status == 0)
        #expect(outcome.output.contains("refused"))
    }
}
