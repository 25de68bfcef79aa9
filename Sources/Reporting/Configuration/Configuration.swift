import Diagnosing
import Tracking

/// What an organisation knows better: which incidents are not news, and how grave findings are.
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

    private(set) var ignores: [Ignore] = []
    private(set) var severities: [String: Severity] = [:]
    /// The file of --hosts and the folder of --known-issues, where the configuration names them.
    package private(set) var hosts: String?
    package private(set) var knownIssues: String?

    package init() {}

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
            case "ignore": tables[entry.index, default: []].append(entry)
            default:
                throw ConfigurationError(
                    file,
                    line: entry.line,
                    key: entry.table,
                    "is not a known table; expected [severity] or [[ignore]]"
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
        throw ConfigurationError(
            entry,
            in: file,
            "there is no pathology '\(foreign: id)'; 'synopsis explain' lists them"
        )
    }

    private static func path(_ path: String, beside file: String) -> String {
        guard !path.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return path }
        return file[...slash] + path
    }
}

// What it makes of incidents.
extension Configuration {
    /// The same for a capture whose addresses are replaced: with what stands for the addresses, and without the words
    /// of who wrote it.
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
    /// - Returns: those that are not ignored, with their severities, and what is said of the others.
    package func applied(to incidents: [Incident]) -> (incidents: [Incident], remarks: [String]) {
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
            "\(Wording.count(count, "incident")) ignored: \(ignore.pathology), \(ignore.reason) (until \(ignore.until))"
        }
        let ended = expired.sorted().map { index in
            "no longer ignored since \(ignores[index].until): \(ignores[index].pathology), \(ignores[index].reason)"
        }
        return (kept, ignored + ended)
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
