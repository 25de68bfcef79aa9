import Foundation
import Testing

/// The captures in `Captures/`, each with the whole report that it must give beside it.
@Suite struct `A capture` {
    static let names: [String] = {
        let folder = Program.root.appending(path: "Captures").path
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return files.filter { $0.hasSuffix(".pcap") }.sorted()
    }()

    /// The options for the logs that stand beside a capture, as `NAME.PROGRAM.log`.
    private static func logs(beside name: String) -> [String] {
        let folder = Program.root.appending(path: "Captures").path
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let stem = "\(name.dropLast(5))."
        return files.filter { $0.hasPrefix(stem) && $0.hasSuffix(".log") }.sorted()
            .flatMap { ["--log", $0] }
    }

    /// `SYNOPSIS_RECORD=1 swift test` writes the reports anew, to be read in `git diff`.
    private static let isRecording = ProcessInfo.processInfo.environment["SYNOPSIS_RECORD"] == "1"

    @Test(arguments: names)
    func `gives the report that stands beside it`(_ name: String) throws {
        let golden = Program.root.appending(path: "Captures/\(name.dropLast(5)).txt")

        let outcome = try Program.run(
            all: [name, "--time-zone", "EST5EDT"] + Self.logs(beside: name)
        )

        #expect(outcome.status == 0)
        #expect(outcome.errors == "")
        if Self.isRecording { try Data(outcome.output.utf8).write(to: golden) }
        #expect(try outcome.output == String(contentsOf: golden, encoding: .utf8))
    }

    /// The listings of the article as pages to send.
    @Test(arguments: ["nfs-syn-burst", "nfs-half-open", "nfs-rst-loop"])
    func `gives the page that stands beside it`(_ name: String) throws {
        let golden = Program.root.appending(path: "Captures/\(name).html")

        let outcome = try Program.run(
            "\(name).pcap",
            "--time-zone",
            "EST5EDT",
            "--format",
            "html"
        )

        #expect(outcome.status == 0)
        if Self.isRecording { try Data(outcome.output.utf8).write(to: golden) }
        #expect(try outcome.output == String(contentsOf: golden, encoding: .utf8))
    }

    @Test func `is there`() {
        #expect(Self.names.count >= 10)
    }

    private static let pages = [
        ["--width", "80"], ["--width", "100"], ["--width", "132"], ["--wide"],
    ]

    /// The article's listings, row for row, as its author printed them.
    @Test(arguments: ["nfs-syn-burst", "nfs-half-open", "nfs-rst-loop"], pages)
    func `holds every number of the article`(_ name: String, _ page: [String]) throws {
        let file = Program.root.appending(path: "Tests/CommandTests/Listings/\(name).txt")
        let listing = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")

        let report = try Program.run(all: ["\(name).pcap", "--time-zone", "EST5EDT"] + page).output
        let rows = Self.rows(of: report)
        let folded = Self.folded(in: report)

        #expect(rows.count + folded.count == listing.count)
        let shown = rows.map { Set($0.split(separator: " ")) }
        for expected in listing {
            let fields = Self.fields(of: expected)
            let clock = try #require(fields.first)
            if let times = folded[clock] {
                #expect(fields.dropFirst().first == times)
                #expect(shown.contains { $0.isSuperset(of: fields.dropFirst(2)) }, "\(expected)")
            } else {
                let row = shown.first { $0.contains(clock) }
                #expect(row?.isSuperset(of: fields) == true, "\(expected)")
            }
        }
        let ends = /(\d+\.){3}\d+:\d+ → (\d+\.){3}\d+:\d+/
        #expect(report.contains(ends))
    }

    /// The rows of the timeline, each with its indented lines.
    private static func rows(of report: String) -> [Substring] {
        let text = report.replacing(#/\n {7,}/#, with: " ")
        return text.split(separator: "\n").filter {
            $0.firstMatch(of: #/^ +\d+  \d\d:\d\d:\d\d\.\d{6} /#) != nil
        }
    }

    /// The times of folded packets, and each one's to the packet before it.
    private static func folded(in report: String) -> [Substring: Substring] {
        let text = report.replacing(#/\n {7,}/#, with: " ")
        let folds = text.matches(of: #/\d+ at (\d\d:\d\d:\d\d\.\d{6}) (\+\d+\.\d{6})/#)
        let pairs = folds.map { (Substring(String($0.output.1)), Substring(String($0.output.2))) }
        return Dictionary(pairs) { first, _ in first }
    }

    /// What a row must show, as this program writes it: the time, the time to the row before, the
    /// frame's length, flags and numbers.
    private static func fields(of row: Substring) -> [Substring] {
        let plain = row.replacing(#/\[TCP [A-Za-z -]+\] /#, with: "")
            .replacing("SACK_PERM=1", with: "SACK_PERM")
            .replacing(#/2017-\d\d-\d\d /#, with: "")
            .replacing("->", with: ">").replacing("→", with: ">")
        let words = plain.split(separator: " ").dropFirst()
        guard let clock = words.first, let arrow = words.firstIndex(of: ">") else { return [] }
        let rest = words[(arrow + 3)...]
        // A segment's ports, which the heading has.
        let isSegment = words[arrow + 2] == "TCP"
        let shown = isSegment ? rest.prefix(1) + rest.dropFirst(4) : rest
        // The first rows follow others in the author's capture.
        let isFirst = clock == "13:06:49.637735"
        let delta = words.dropFirst().prefix(arrow - 3).first { $0 != "0.000000" && !isFirst }
        return [clock] + (delta.map { [Substring("+\($0)")] } ?? []) + shown
    }
}
