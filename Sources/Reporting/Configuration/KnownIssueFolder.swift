import Diagnosing
import FoundationEssentials
import Tracking

/// Known issues that an organisation keeps for itself: a folder with a JSON file for each.
package enum KnownIssueFolder {
    /// Read at most this many files.
    private static let limit = 4096

    /// The issues of all `.json` files in a folder, in the order of their names.
    ///
    /// - Throws: when one of them is none, with its file and key.
    package static func issues(in folder: String) throws(ConfigurationError) -> [KnownIssue] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder)
        } catch {
            throw ConfigurationError(folder, "is not a readable folder")
        }
        let files = names.filter { $0.hasSuffix(".json") }.sorted()
        guard files.count <= limit else {
            throw ConfigurationError(folder, "holds more than \(limit) known issues")
        }
        var issues: [KnownIssue] = []
        for name in files { issues.append(try issue(in: "\(folder)/\(name)")) }
        return issues
    }

    private static func issue(in file: String) throws(ConfigurationError) -> KnownIssue {
        let text = try ConfigurationError.text(of: file)
        let issue: KnownIssue
        do {
            issue = try JSONDecoder().decode(KnownIssue.self, from: Data(text.utf8))
        } catch let error as DecodingError {
            throw complaint(error, file)
        } catch {
            throw ConfigurationError(file, "is not a known issue")
        }
        for (number, condition) in issue.variants.joined().enumerated()
        where Catalog.detector(named: condition.pathology) == nil {
            throw ConfigurationError(
                file,
                key: "variants.\(number).pathology",
                "there is no pathology '\(foreign: condition.pathology)'"
            )
        }
        guard !issue.variants.isEmpty, issue.variants.allSatisfy({ !$0.isEmpty }) else {
            throw ConfigurationError(file, key: "variants", "a variant needs a finding")
        }
        for (key, words) in issue.texts where ShownText(foreign: words).text != words {
            throw ConfigurationError(file, key: key, "has a control character")
        }
        return issue
    }

    private static func complaint(_ error: DecodingError, _ file: String) -> ConfigurationError {
        func key(_ path: [any CodingKey], _ last: (any CodingKey)? = nil) -> String? {
            let keys = (path + (last.map { [$0] } ?? [])).map { key in
                key.intValue.map { String($0) } ?? key.stringValue
            }
            return keys.isEmpty ? nil : keys.joined(separator: ".")
        }
        switch error {
        case .keyNotFound(let missing, let context):
            return ConfigurationError(file, key: key(context.codingPath, missing), "is missing")
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            return ConfigurationError(file, key: key(context.codingPath), "has the wrong type")
        case .dataCorrupted(let context):
            return ConfigurationError(file, key: key(context.codingPath), "is not JSON")
        @unknown default:
            return ConfigurationError(file, "is not a known issue")
        }
    }
}

extension KnownIssue {
    /// All that is shown of it, by its keys.
    fileprivate var texts: [(key: String, text: String)] {
        var texts = [("id", id), ("title", title), ("reference", reference), ("cure", cure ?? "")]
        for (number, check) in (checks ?? []).enumerated() {
            texts.append(("checks.\(number).command", check.shellCommand.text))
            texts.append(("checks.\(number).tells", check.tells))
        }
        return texts
    }
}
