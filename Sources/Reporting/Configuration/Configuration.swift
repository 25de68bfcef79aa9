import Diagnosing
import Tracking

/// What an organisation knows better: which incidents are not news, how grave findings are, and
/// from where on something is one.
package struct Configuration: Sendable {
    /// An incident that is not to be reported.
    struct Ignore: Sendable {
        let pathology: String
        var client: Address?
        var server: Address?
        var reason: String
        /// The last day on which it holds, as `2027-01-31`; by the time of the packets.
        let until: String
    }

    /// What a report says of what was configured.
    package struct Remark: Sendable {
        /// `ignored` or `threshold`.
        let code: String
        let message: String

        init(code: String, _ message: String) {
            (self.code, self.message) = (code, message)
        }
    }

    private(set) var ignores: [Ignore] = []
    private(set) var severities: [String: Severity] = [:]
    package private(set) var thresholds = Thresholds()
    /// The file of --hosts and the folder of --known-issues, where the configuration names them.
    package private(set) var hosts: String?
    package private(set) var knownIssues: String?

    package init() {}

    /// Whether nothing of what is found is changed by it.
    package var isEmpty: Bool {
        ignores.isEmpty && severities.isEmpty && thresholds == Thresholds()
    }

    /// Reads a file in TOML.
    ///
    /// Paths in it are relative to its folder.
    ///
    /// - Throws: when it is not understood: file, line and key.
    package init(file: String) throws(ConfigurationError) {
        let text = try ConfigurationError.text(of: file)
        let entries = try TOMLReader(text, file: file).entries
        var tables: [Int: [TOMLReader.Entry]] = [:]
        for entry in entries {
            switch entry.table {
            case "": try set(entry, file)
            case "severity": try setSeverity(entry, file)
            case "thresholds": try setThreshold(entry, file)
            case "ignore": tables[entry.index, default: []].append(entry)
            default:
                throw ConfigurationError(
                    file,
                    line: entry.line,
                    key: entry.table,
                    "is not a known table; expected [thresholds], [severity] or [[ignore]]"
                )
            }
        }
        for index in tables.keys.sorted() {
            ignores.append(try Self.ignore(tables[index] ?? [], file))
        }
    }

    private mutating func set(_ entry: TOMLReader.Entry, _ file: String) throws(ConfigurationError)
    {
        let path = Self.path(try Self.text(entry, file), beside: file)
        switch entry.key {
        case "hosts": hosts = path
        case "known-issues": knownIssues = path
        default:
            throw ConfigurationError(
                entry,
                in: file,
                "is not a known key; expected hosts or known-issues"
            )
        }
    }

    private mutating func setSeverity(
        _ entry: TOMLReader.Entry,
        _ file: String
    ) throws(ConfigurationError) {
        try Self.checkPathology(entry.key, entry, file)
        let words: [TOMLReader.Value: Severity] = [
            .text("note"): .note, .text("warning"): .warning, .text("error"): .error,
        ]
        guard let severity = words[entry.value] else {
            throw ConfigurationError(entry, in: file, "expected \"note\", \"warning\" or \"error\"")
        }
        severities[entry.key] = severity
    }

    private mutating func setThreshold(
        _ entry: TOMLReader.Entry,
        _ file: String
    ) throws(ConfigurationError) {
        guard let threshold = Threshold.all.first(where: { $0.name == entry.key }) else {
            let hint = Suggestion.hint(
                for: entry.key,
                among: Threshold.all.map(\.name),
                otherwise: "; 'synopsis explain --topic configuration' lists them"
            )
            throw ConfigurationError(entry, in: file, "is not a known threshold\(hint)")
        }
        let value: Int64? =
            switch (threshold.unit, entry.value) {
            case (.time, .text(let text)): Threshold.time(text)
            case (.count, .number(let number)): Int64(number)
            default: nil
            }
        guard let value, threshold.set(value, in: &thresholds) else {
            let (least, most) = (threshold.range.lowerBound, threshold.range.upperBound)
            let expectation =
                threshold.unit == .time
                ? "a time from \"\(threshold.text(least))\" to \"\(threshold.text(most))\""
                : "a whole number from \(least) to \(most)"
            throw ConfigurationError(entry, in: file, "expected \(foreign: expectation)")
        }
    }

    private static func ignore(
        _ entries: [TOMLReader.Entry],
        _ file: String
    ) throws(ConfigurationError) -> Ignore {
        var values: [String: String] = [:]
        var hosts: [String: Address] = [:]
        for entry in entries {
            switch entry.key {
            case "pathology":
                let id = try text(entry, file)
                try checkPathology(id, entry, file)
                values[entry.key] = id
            case "reason":
                values[entry.key] = ShownText(foreign: try text(entry, file)).text
            case "until":
                guard case .date(let day) = entry.value else {
                    throw ConfigurationError(entry, in: file, "expected a date such as 2027-01-31")
                }
                values[entry.key] = day
            case "client", "server":
                let word = try text(entry, file)
                guard let address = Address(word) else {
                    throw ConfigurationError(
                        entry,
                        in: file,
                        "'\(foreign: word)' is not an address"
                    )
                }
                hosts[entry.key] = address
            default:
                throw ConfigurationError(
                    entry,
                    in: file,
                    "is not a known key; expected pathology, client, server, reason or until"
                )
            }
        }
        let line = entries.first?.line
        guard let pathology = values["pathology"], let reason = values["reason"],
            let until = values["until"]
        else {
            let missing = ["pathology", "reason", "until"].first { values[$0] == nil } ?? ""
            throw ConfigurationError(file, line: line, key: "ignore.\(missing)", "is missing")
        }
        return Ignore(
            pathology: pathology,
            client: hosts["client"],
            server: hosts["server"],
            reason: reason,
            until: until
        )
    }

    private static func text(
        _ entry: TOMLReader.Entry,
        _ file: String
    ) throws(ConfigurationError) -> String {
        guard case .text(let text) = entry.value else {
            throw ConfigurationError(entry, in: file, "expected \"text\"")
        }
        return text
    }

    private static func checkPathology(
        _ id: String,
        _ entry: TOMLReader.Entry,
        _ file: String
    ) throws(ConfigurationError) {
        guard Catalog.detector(named: id) == nil else { return }
        throw ConfigurationError(entry, in: file, Suggestion.complaint(aboutPathology: id))
    }

    private static func path(_ path: String, beside file: String) -> String {
        guard !path.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return path }
        return file[...slash] + path
    }
}

// What it makes of incidents.
extension Configuration {
    /// The same for a capture whose addresses are replaced: with what stands for the addresses, and
    /// without the words of who wrote it.
    package func anonymised(by key: AnonymityKey) -> Configuration {
        var configuration = self
        for index in ignores.indices {
            configuration.ignores[index].client = ignores[index].client.map(key.pseudonym)
            configuration.ignores[index].server = ignores[index].server.map(key.pseudonym)
            configuration.ignores[index].reason = "reason not shown"
        }
        return configuration
    }

    /// The incidents as they are to be reported.
    ///
    /// - Returns: those that are not ignored, with their severities; and what is said of the
    ///   others, and of thresholds that were set.
    package func applied(to incidents: [Incident]) -> (incidents: [Incident], remarks: [Remark]) {
        var counts = [Int](repeating: 0, count: ignores.count)
        var expired = Set<Int>()
        var kept: [Incident] = []
        for incident in incidents {
            let matches = ignores.indices.filter { ignores[$0].matches(incident) }
            if let index = matches.first(where: { ignores[$0].holds(for: incident) }) {
                counts[index] += 1
            } else {
                expired.formUnion(matches)
                kept.append(severities.isEmpty ? incident : incident.regraded(severities))
            }
        }
        let ignored = zip(ignores, counts).filter { $0.1 > 0 }.map { ignore, count in
            Remark(
                code: "ignored",
                "\(Wording.count(count, "incident")) ignored: \(ignore.pathology), \(ignore.reason) (until \(ignore.until))"
            )
        }
        let ended = expired.sorted().map { index in
            Remark(
                code: "ignored",
                "no longer ignored since \(ignores[index].until): \(ignores[index].pathology), \(ignores[index].reason)"
            )
        }
        let set = Threshold.all.filter { $0[thresholds] != $0.standard }.map { threshold in
            let value = threshold.text(threshold[thresholds])
            let usual = threshold.text(threshold.standard)
            return Remark(
                code: "threshold",
                "threshold \(threshold.name) is \(value) (by default \(usual))"
            )
        }
        return (kept, ignored + ended + set)
    }
}

extension Configuration.Ignore {
    /// Whether an incident is the one that is meant, whenever it happens.
    fileprivate func matches(_ incident: Incident) -> Bool {
        let subject = incident.root.subject
        return incident.root.pathology == pathology
            && (client == nil || client == subject.initiatorAddress)
            && (server == nil || server == subject.responderAddress)
    }

    /// Whether it still holds when an incident began; days are those of UTC.
    fileprivate func holds(for incident: Incident) -> Bool {
        UTCTime.text(incident.firstSeen, hasNanoseconds: false).prefix(10) <= until
    }
}
