import Foundation
import Testing

/// What a right diagnosis of a capture contains, from the JSON beside it: `Captures/Lab/README.md`
/// has the fields.
struct Label: Decodable {
    /// The name of the capture where it is not the label's own with `.pcap`.
    let file: String?
    let expect: [Expectation]
    let absent: [String]?
    let forbid: [String]?
    let worst: Severity?
    let blame: [String]?
    private(set) var name = ""

    private enum CodingKeys: CodingKey {
        case file, expect, absent, forbid, worst, blame
    }

    /// All labels of a folder, by name.
    static func all(in folder: URL) throws -> [Label] {
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        return try files.filter { $0.hasSuffix(".json") }.sorted().map { file in
            let data = try Data(contentsOf: folder.appending(path: file))
            var label = try JSONDecoder().decode(Label.self, from: data)
            label.name = String(file.dropLast(5))
            return label
        }
    }

    /// What the program's report misses, whom it wrongly blames, and what it should not say: a line
    /// each.
    func faults(in folder: URL) throws -> [String] {
        let capture = folder.appending(path: file ?? "\(name).pcap").path
        let outcome = try Program.run(capture, "--format", "json")
        guard
            let report = try? JSONDecoder().decode(
                LabelledReport.self,
                from: Data(outcome.output.utf8)
            )
        else { return ["\(name): no report, status \(outcome.status)"] }

        var faults = expect.filter { expectation in
            !expectation.isOptional && !report.findings.contains(where: expectation.isMet)
        }.map { "\(name): missed \($0.title)" }
        if let blame, !report.blames(blame) {
            faults.append("\(name): does not blame \(blame.joined(separator: " or "))")
        }
        for finding in report.findings where isFalse(finding) {
            let said = finding.finding
            faults.append("\(name): false \(said.pathology), \(said.severity.rawValue)")
        }
        return faults
    }

    private func isFalse(_ finding: LabelledReport.Event) -> Bool {
        if let worst, finding.finding.severity > worst { return true }
        let banned = (absent ?? []) + (forbid ?? [])
        return banned.contains(finding.finding.pathology) && !expect.contains { $0.isMet(finding) }
    }

    /// A finding that must be there: one of some pathologies, or one between two ends on certain
    /// packets.
    struct Expectation: Decodable {
        let pathologies: [String]
        let initiator: Endpoint?
        let responder: Endpoint?
        let frames: Set<Int>
        let isOptional: Bool

        private enum CodingKeys: CodingKey {
            case pathology, initiator, responder, frames, strength
        }

        init(from decoder: any Decoder) throws {
            if let names = try? decoder.singleValueContainer().decode(String.self) {
                pathologies = names.split(separator: "|").map(String.init)
                (initiator, responder, frames, isOptional) = (nil, nil, [], false)
                return
            }
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            pathologies = [try fields.decode(String.self, forKey: .pathology)]
            initiator = try fields.decodeIfPresent(String.self, forKey: .initiator).map(
                Endpoint.init
            )
            responder = try fields.decodeIfPresent(String.self, forKey: .responder).map(
                Endpoint.init
            )
            frames = try fields.decodeIfPresent(Set<Int>.self, forKey: .frames) ?? []
            isOptional = try fields.decodeIfPresent(String.self, forKey: .strength) == "weak"
        }

        var title: String {
            let ends = [initiator, responder].compactMap { $0?.text }.joined(separator: " -> ")
            return pathologies.joined(separator: "|") + (ends.isEmpty ? "" : " \(ends)")
        }

        func isMet(_ event: LabelledReport.Event) -> Bool {
            let said = event.finding
            guard pathologies.contains(said.pathology) else { return false }
            let isBetweenThem =
                initiator?.agrees(event.src_ip, event.src_port) != false
                && responder?.agrees(event.dest_ip, event.dest_port) != false
            let hasPacket =
                frames.isEmpty || said.evidence_omitted ?? 0 > 0
                || said.evidence.contains { frames.contains($0.frame) }
            return isBetweenThem && hasPacket
        }
    }

    /// An address and a port, as in `[fe80::1]:80`; a part that the report leaves out agrees with
    /// any.
    struct Endpoint {
        let text: String
        private let address: String
        private let port: Int?

        init(_ text: String) {
            self.text = text
            let colon = text.lastIndex(of: ":")
            port = colon.flatMap { Int(text[text.index(after: $0)...]) }
            let host = port == nil ? text[...] : text[..<(colon ?? text.endIndex)]
            address = host.filter { $0 != "[" && $0 != "]" }
        }

        func agrees(_ address: String?, _ port: Int?) -> Bool {
            (address == nil || address == self.address)
                && (port == nil || self.port == nil || port == self.port)
        }
    }

    enum Severity: String, Decodable, Comparable, CaseIterable {
        case note, warning, error

        static func < (left: Self, right: Self) -> Bool {
            allCases.firstIndex(of: left) ?? 0 < allCases.firstIndex(of: right) ?? 0
        }
    }
}

/// What of a report a label speaks of.
struct LabelledReport: Decodable {
    let findings: [Event]
    let incidents: [Incident]

    struct Event: Decodable {
        let src_ip: String?
        let src_port: Int?
        let dest_ip: String?
        let dest_port: Int?
        let finding: Finding
    }

    struct Finding: Decodable {
        let pathology: String
        let severity: Label.Severity
        let evidence: [Packet]
        let evidence_omitted: Int?
    }

    struct Packet: Decodable {
        let frame: Int
    }

    struct Incident: Decodable {
        let incident: Content
    }

    struct Content: Decodable {
        let severity: Label.Severity
        let blame: [String]

        private enum CodingKeys: CodingKey {
            case severity, blame
        }

        /// One party or a list of them, the likeliest first; a report need not blame anyone.
        init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            severity = try fields.decode(Label.Severity.self, forKey: .severity)
            if let one = try? fields.decode(String.self, forKey: .blame) {
                blame = [one]
            } else {
                blame = try fields.decodeIfPresent([String].self, forKey: .blame) ?? []
            }
        }
    }

    /// Whether the worst incident, the first of equals, blames one of these before all others, and
    /// at most two.
    func blames(_ parties: [String]) -> Bool {
        guard let worst = incidents.map(\.incident.severity).max(),
            let incident = incidents.first(where: { $0.incident.severity == worst })
        else { return false }
        let blamed = incident.incident.blame
        return blamed.count <= 2 && blamed.first.map(parties.contains) == true
    }
}
