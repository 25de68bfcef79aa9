import Diagnosing
import Foundation
import Testing
import Tracking

/// What stands once stands, whatever comes after it: a finding may grow, or be taken back by a
/// packet that disproves it.
@Suite(.tags(.slow)) struct `A capture that goes on` {
    /// Labelled captures that are short enough to be read packet by packet.
    private static let short: [URL] = ["Lab", "Field"].flatMap { folder -> [URL] in
        let directory = Program.root.appending(path: "Captures/\(folder)")
        let labels = (try? Label.all(in: directory)) ?? []
        return labels.map { directory.appending(path: $0.file ?? "\($0.name).pcap") }
            .filter { size(of: $0) < mostBytes }
    }

    private static let mostBytes = 12_000

    private static func size(of file: URL) -> Int {
        (try? file.resourceValues(forKeys: [.fileSizeKey]).fileSize) ?? .max
    }

    @Test func `is there to be read`() { #expect(Self.short.count > 60) }

    /// Where a finding goes and comes back today: this list may only shrink.
    private static let flickering: Set<String> = [
        "s-backlog-burst-server.pcap", "s-mtu-blackhole.pcap", "s-nft-drop-synack-server.pcap",
    ]

    @Test(arguments: short)
    func `never takes a finding back and finds it again`(_ file: URL) throws {
        // One that is damaged has no prefixes of its own.
        guard let stored = try? StoredCapture(reading: file.path),
            stored.linkType == StoredCapture.ethernet
        else { return }
        let frames = stored.frames.map {
            MemoryFrames.Record(time: $0.time, octets: $0.bytes)
        }
        var (present, past, flickering) = (Set<String>(), Set<String>(), Set<String>())
        for count in 1...max(1, frames.count) {
            let capture = try TrackedCapture(of: Array(frames.prefix(count)))
            let found = Self.alarms(in: Diagnosis(of: capture).incidents)
            flickering.formUnion(found.intersection(past))
            past.formUnion(present.subtracting(found))
            present = found
        }

        let isKnown = Self.flickering.contains(file.lastPathComponent)
        #expect(flickering.isEmpty != isKnown)
    }

    /// Warnings and errors, by what and whom they are about.
    private static func alarms(in incidents: [Incident]) -> Set<String> {
        let links = incidents.flatMap(\.chain).filter { $0.finding.severity > .note }
        return Set(links.map { "\($0.finding.pathology) \($0.finding.destination)" })
    }
}

/// What no report may claim, of whatever capture.
@Suite(.tags(.slow)) struct `The text of a labelled capture` {
    @Test(arguments: ["Lab", "Field"])
    func `claims no more than the packets show`(_ collection: String) async throws {
        let folder = Program.root.appending(path: "Captures/\(collection)")
        let labels = try Label.all(in: folder)
        let claims = try await withThrowingTaskGroup(of: [String].self) { group in
            for label in labels {
                group.addTask {
                    let capture = folder.appending(path: label.file ?? "\(label.name).pcap").path
                    let outcome = try Program.run(capture, "--all", "--width", "200")
                    return Self.faults(in: outcome.output).map { "\(label.name): \($0)" }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }.sorted()
        }

        #expect(claims.isEmpty)
    }

    /// Lines with a negative duration, with one that is longer than the capture, or with more
    /// health than was examined.
    private static func faults(in text: String) -> [String] {
        let negative = #/(?:^|[^0-9A-Za-z.:])-[0-9][0-9.,]* (?:ns|µs|ms|s|min|h)\b/#
        return text.split(separator: "\n").map(String.init).filter { line in
            line.contains("nothing is wrong") || line.contains("Nothing is wrong")
                || line.contains("every connection came up")
                || line.firstMatch(of: negative) != nil
        }
    }
}
