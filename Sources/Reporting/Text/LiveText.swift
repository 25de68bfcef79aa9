import Diagnosing

/// An incident in a few lines, as it happens.
package struct LiveText {
    let style: Style
    let hosts: HostNames
    private let clock = LocalTime(hasNanoseconds: false)

    /// - Parameters:
    ///   - style: how text is set.
    ///   - hosts: names to show beside addresses.
    package init(style: Style, hosts: HostNames = HostNames()) {
        self.style = style
        self.hosts = hosts
    }

    /// The verdict first; of one that was told before only how it stands now.
    ///
    /// - Parameters:
    ///   - incident: what happened.
    ///   - isNew: whether it is told for the first time.
    ///   - time: now, in nanoseconds since 1970.
    /// - Returns: lines, each with its line feed.
    package func incident(_ incident: Incident, isNew: Bool, at time: Int64) -> String {
        guard isNew else { return line("now:", incident, at: time) }
        let headline = named(incident.headline, incident)
        var text = heading(incident, at: time) + headline.inked(style) + "\n"
        text += style.hung(named(incident.verdict, incident), behind: "          ")
        if let quote = incident.quote {
            text += style.hung("“\(quote)”", behind: "   Said   ")
        }
        let chain = incident.chain.map(\.finding.pathology).joined(separator: " → ")
        text += style.hung(chain, behind: "   Why    ")
        for issue in incident.knownIssues {
            text += style.hung("\(issue.title) (\(issue.reference)).", behind: "   Known  ")
        }
        if let check = incident.checks.first {
            text += style.hung(check.line, behind: "   Check  ")
        }
        return style.plain(text + "\n")
    }

    /// One line of what became of an incident.
    package func line(_ word: String, _ incident: Incident, at time: Int64) -> String {
        style.plain("\(heading(incident, at: time))\(word) \(named(incident.headline, incident))\n")
    }

    private func named(_ text: String, _ incident: Incident) -> String {
        hosts.introduced(incident.addresses, in: text)
    }

    private func heading(_ incident: Incident, at time: Int64) -> String {
        let severity = incident.severity.name.uppercased()
        return "\(clock.second(time))  \(style.ink(severity, incident.severity.ink))  "
    }
}

extension String {
    fileprivate func inked(_ style: Style) -> String { style.ink(self, .strong) }
}
