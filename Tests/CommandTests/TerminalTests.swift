import Foundation
import Testing

/// What a terminal of 80 columns and 24 lines shows.
@Suite struct `A terminal` {
    private let folder: Scratch

    init() throws { folder = try Scratch() }

    /// Runs a command line in a terminal of its own.
    ///
    /// - Returns: what appeared, without carriage returns.
    private func show(_ command: String, environment: [String: String] = [:]) throws -> String {
        let script = Process()
        script.executableURL = URL(filePath: "/usr/bin/script")
        let captures = Program.root.appending(path: "Captures").path
        let line = command.replacing("synopsis", with: try Program.path.path)
        script.arguments = ["-qec", "cd '\(captures)'; stty cols 80 rows 24; \(line)", "/dev/null"]
        script.environment = [
            "TZ": "UTC", "LC_ALL": "C.UTF-8", "TERM": "xterm", "PATH": "/usr/bin:/bin",
        ].merging(environment) { $1 }
        script.standardInput = FileHandle.nullDevice
        script.standardOutput = try FileHandle(forWritingTo: folder.file("out"))
        try script.run()
        script.waitUntilExit()
        return try String(contentsOf: folder.url.appending(path: "out"), encoding: .utf8)
            .replacing("\r\n", with: "\n")
    }

    private func plain(_ text: String) -> String {
        text.replacing(#/\u{1B}\[[0-9;]*m/#, with: "")
    }

    @Test func `shows lines of its width, in colour, and the same words as a pipe`() throws {
        let shown = try show("synopsis refused.pcap --no-pager")
        let piped = try Program.run("refused.pcap", "--width", "80").output

        #expect(shown.contains("\u{1B}[31;1mERROR\u{1B}[0m"))
        #expect(plain(shown) == piped)
    }

    @Test func `hands a report that is longer to the pager`() throws {
        let pager = ["PAGER": "sed 's/^/paged /'"]

        let long = try show("synopsis nfs-syn-burst.pcap", environment: pager)
        let short = try show("synopsis healthy-wan.pcap", environment: pager)
        let unwanted = try show("synopsis nfs-syn-burst.pcap --no-pager", environment: pager)
        let piped = try show("synopsis nfs-syn-burst.pcap | cat", environment: pager)

        #expect(long.split(separator: "\n").allSatisfy { $0.hasPrefix("paged ") })
        #expect(!short.contains("paged") && !unwanted.contains("paged") && !piped.contains("paged"))
    }

    @Test(arguments: ["no-such-pager", "", "cat", "head -1 > /dev/null"])
    func `loses nothing to a pager that is not there, or ends early`(_ pager: String) throws {
        let text = try show(
            "synopsis nfs-syn-burst.pcap --fail-on error; echo status $?",
            environment: ["PAGER": pager]
        )

        #expect(text.hasSuffix("status 1\n"))
        #expect(pager.hasPrefix("head") || text.contains("ERROR"))
    }

    @Test func `without UTF-8 is shown ASCII`() throws {
        for locale in ["C", "POSIX", "de_DE.ISO-8859-1"] {
            let outcome = try Program.run(
                "rejected-ipv6.pcap",
                environment: ["LC_ALL": locale, "COLUMNS": "80"]
            )
            let manual = try Program.run("explain", "rst-loop", environment: ["LC_ALL": locale])

            #expect((outcome.output + manual.output).utf8.allSatisfy { $0 < 0x7F })
            #expect(outcome.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
            #expect(outcome.output.contains("  ->   94  [SYN] Seq=937966993"))
            #expect(manual.output.contains("| [SYN] Seq=3677241340 ---"))
        }
    }
}
