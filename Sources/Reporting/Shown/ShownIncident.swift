import Diagnosing
import Tracking

/// The four texts of an incident, with the names of hosts: title, verdict, why, checks.
struct ShownIncident {
    let severity: Severity
    let title: String
    let verdict: String
    /// What the server said, if it is to be quoted.
    let quote: String?
    /// Root first.
    let reasons: [Reason]
    /// Each known issue with its reference and fix.
    let knownIssues: [String]
    let checks: [HostChecks]

    /// A link of the chain.
    struct Reason {
        let pathology: String
        /// What the pathology is called.
        let name: String
        /// What the packets show.
        let text: String
        let finding: Finding
    }

    /// The checks on one host; `nil` for none in particular.
    struct HostChecks {
        let host: String?
        let checks: [Check]
    }

    /// The texts of `incident` in a report.
    init(_ incident: Incident, in report: Report) {
        let names = report.hostNames
        let addresses = incident.addresses
        severity = incident.severity
        title = names.introduced(addresses, in: incident.headline)
        verdict = names.introduced(addresses, in: incident.verdict)
        quote = incident.quote.map { "\($0)" }
        // Where there are only notes, the verdict states the first of them.
        let isStated = incident.chain.allSatisfy { $0.finding.severity == .note }
        reasons = incident.chain.enumerated().map { number, link in
            let id = link.finding.pathology
            return Reason(
                pathology: id,
                name: link.finding.title,
                text: Self.reasoning(
                    of: link.finding,
                    isStated: isStated && number < Verdict.statedFindings
                ),
                finding: link.finding
            )
        }
        knownIssues = incident.knownIssues.map { issue in
            let cure = issue.cure.map { " Fix: \($0)." } ?? ""
            return "\(issue.title) (\(issue.reference)).\(cure)"
        }
        let hosts = incident.checks.map(\.host).reduce(into: [String?]()) { list, host in
            if !list.contains(host) { list.append(host) }
        }
        checks = hosts.map { host in
            HostChecks(host: host, checks: incident.checks.filter { $0.host == host })
        }
    }

    private static func reasoning(of finding: Finding, isStated: Bool) -> String {
        let text = finding.explanation.isEmpty ? finding.summary : finding.explanation
        let reported =
            finding.severity == .note && !isStated
            ? "\(finding.summary) \(finding.explanation)" : text
        switch finding.status {
        case .confirmed: return reported
        case .likely, .possible: return "\(reported) (\(finding.status.rawValue))"
        case .pending: return "\(reported) (Pending: still open when the capture ends.)"
        case .withdrawn: return "\(reported) (Withdrawn: later packets contradict it.)"
        }
    }
}

extension Incident {
    /// The hosts that its texts are about.
    var addresses: [Address] {
        let subject = root.subject
        let ends = histories.flatMap { [$0.initiator.address, $0.responder.address] }
        return [subject.initiatorAddress, subject.responderAddress].compactMap(\.self) + ends
    }
}
