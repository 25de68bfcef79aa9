import FoundationEssentials
import Tracking

/// What is wrong with a file that a user wrote: where, and why.
package struct ConfigurationError: Error, Equatable {
    package let file: String
    /// From 1; `nil` where the whole file is meant.
    package var line: Int?
    /// As `ignore.until`; `nil` for none in particular.
    package var key: String?
    package let reason: ShownText

    package init(_ file: String, line: Int? = nil, key: String? = nil, _ reason: ShownText) {
        self.file = file
        self.line = line
        self.key = key
        self.reason = reason
    }

    /// What is wrong with an entry of a file.
    init(_ entry: TOMLReader.Entry, in file: String, _ reason: ShownText) {
        self.init(file, line: entry.line, key: entry.path, reason)
    }

    /// `synopsis.toml:12: severity.port-reuse: expected note, warning or error`.
    package var shown: ShownText {
        let line: ShownText = line.map { ":\($0)" } ?? ""
        let name: ShownText = key.map { "\(foreign: $0): " } ?? ""
        return "\(foreign: file)\(line): \(name)\(reason)"
    }

    /// Read at most this much of a file, in bytes.
    private static let byteLimit = 16_777_216

    /// The text of a file.
    ///
    /// - Throws: when it cannot be read, is too large or not UTF-8.
    static func text(of file: String) throws(ConfigurationError) -> String {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw ConfigurationError(file, "cannot be read")
        }
        guard data.count <= byteLimit else {
            throw ConfigurationError(file, "is larger than \(byteLimit >> 20) MiB")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw ConfigurationError(file, "is not UTF-8")
        }
        return text
    }
}
