import Foundation
import Testing

/// What was not captured is unknown: a healthy capture of which a part is missing is no worse.
@Suite(.tags(.slow)) struct `A healthy capture` {
    /// The labelled captures in which nothing is wrong, and nothing but notes may be found.
    private static let healthy: [URL] = ["Lab", "Field"].flatMap { folder -> [URL] in
        let directory = Program.root.appending(path: "Captures/\(folder)")
        let labels = (try? Label.all(in: directory)) ?? []
        return labels.filter { $0.isHealthy }
            .map { directory.appending(path: $0.file ?? "\($0.name).pcap") }
    }

    @Test func `is there to be cut`() { #expect(Self.healthy.count > 50) }

    @Test(arguments: CaptureCut.allCases)
    func `gives no warning however it is cut`(_ cut: CaptureCut) async throws {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "synopsis-cut-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let alarms = try await withThrowingTaskGroup(of: [String].self) { group in
            for original in Self.healthy {
                group.addTask {
                    let capture = cut.applied(to: try StoredCapture(reading: original.path))
                    let file = folder.appending(path: original.lastPathComponent)
                    try capture.data.write(to: file)
                    let outcome = try Program.run(
                        file.path,
                        "--format",
                        "json",
                        "--min-severity",
                        "warning"
                    )
                    let report = try JSONDecoder().decode(
                        LabelledReport.self,
                        from: Data(outcome.output.utf8)
                    )
                    return report.findings.map {
                        "\(original.lastPathComponent): \($0.finding.pathology)"
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }.sorted()
        }

        #expect(alarms.isEmpty)
    }
}

extension Label {
    /// Whether nothing is expected in it, and no more than notes are allowed.
    var isHealthy: Bool { expect.isEmpty && worst == .note }
}
