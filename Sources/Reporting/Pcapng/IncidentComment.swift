import Diagnosing

/// What the comment on a section of pcapng says of incidents.
package enum IncidentComment {
    /// Readers of pcapng show no longer comments, in bytes of UTF-8.
    private static let longest = 60_000

    /// Title, verdict, chain and known issues of an incident, a line each.
    package static func lines(on incident: Incident) -> [String] {
        var lines = ["\(incident.severity.name.uppercased()): \(incident.headline)"]
        lines += [incident.verdict]
        for (index, link) in incident.chain.enumerated() {
            lines.append("\(index + 1). \(link.finding.pathology): \(link.finding.summary)")
        }
        for issue in incident.knownIssues {
            lines.append("Known: \(issue.title) (\(issue.reference)).")
        }
        return lines
    }

    /// All incidents, as many as find room, and how many do not.
    package static func text(on incidents: [Incident]) -> String {
        guard !incidents.isEmpty else { return "No known failure was found." }
        var parts: [String] = []
        var length = 0
        for incident in incidents {
            let part = (lines(on: incident) + ["Incident \(incident.id)."]).joined(separator: "\n")
            length += part.utf8.count + 2
            guard length <= longest else { break }
            parts.append(part)
        }
        let omitted = incidents.count - parts.count
        if omitted > 0 { parts.append("\(Wording.count(omitted, "more incident")).") }
        return parts.joined(separator: "\n\n")
    }
}
