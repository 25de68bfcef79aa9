import Foundation
import Testing

/// The captures in `Captures/`, each with the whole report that it must give beside it.
@Suite struct `A capture` {
    static let names: [String] = {
        let folder = Program.root.appending(path: "Captures").path
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return files.filter { $0.hasSuffix(".pcap") }.sorted()
    }()

    /// `SYNOPSIS_RECORD=1 swift test` writes the reports anew, to be read in `git diff`.
    private static let isRecording = ProcessInfo.processInfo.environment["SYNOPSIS_RECORD"] == "1"

    @Test(arguments: names)
    func `gives the report that stands beside it`(_ name: String) throws {
        let golden = Program.root.appending(path: "Captures/\(name.dropLast(5)).txt")

        let outcome = try Program.run(name, "--time-zone", "EST5EDT")

        #expect(outcome.status == 0)
        #expect(outcome.errors == "")
        if Self.isRecording { try Data(outcome.output.utf8).write(to: golden) }
        #expect(try outcome.output == String(contentsOf: golden, encoding: .utf8))
    }

    @Test func `is there`() {
        #expect(Self.names.count >= 10)
    }

    /// The article's listings, row for row, as its author printed them.
    @Test(arguments: ["nfs-syn-burst", "nfs-half-open", "nfs-rst-loop"])
    func `holds every row of the article`(_ name: String) throws {
        let place = Program.root.appending(path: "Tests/CommandTests/Listings/\(name).txt")
        let listing = try String(contentsOf: place, encoding: .utf8).split(separator: "\n")

        let report = try Program.run("\(name).pcap", "--time-zone", "EST5EDT").output
        let rows = report.split(separator: "\n").filter {
            $0.contains(" TCP ") || $0.contains(" ICMP ")
        }

        #expect(rows.count == listing.count)
        for (row, expected) in zip(rows, listing) {
            let missing = Self.columns(of: expected).filter { !row.contains($0) }
            #expect(missing.isEmpty, "\(row)")
        }
    }

    /// What a row must show, as this program writes it: the number of the packet in the author's
    /// capture, the date, and the analyser's own remarks in brackets are left out.
    private static func columns(of row: Substring) -> [String] {
        let plain = row.replacing(#/\[TCP [A-Za-z -]+\] /#, with: "")
            .replacing("SACK_PERM=1", with: "SACK_PERM")
            .replacing(#/2017-\d\d-\d\d /#, with: "")
            .replacing("->", with: "→").replacing(" > ", with: " → ")
        let words = plain.split(separator: " ").map(String.init).dropFirst()
        guard let clock = words.first, let arrow = words.firstIndex(of: "→") else { return [] }
        let route = words[(arrow - 1)...(arrow + 1)].joined(separator: " ")
        let kind = words[(arrow + 2)...(arrow + 3)].joined(separator: " ")
        let information = words[(arrow + 4)...].joined(separator: " ")
        let delta = words.dropFirst().prefix(arrow - 3)
        let isFirst = clock == "13:06:49.637735" || delta.first == "0.000000"
        return [clock, route, kind, information] + (isFirst ? [] : delta.map { "+\($0)" })
    }
}
