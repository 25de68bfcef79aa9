import Tracking

/// The part of TOML 1.0 that a configuration needs: tables, arrays of tables, and keys with a
/// string, a date, an integer or a truth value.
struct TOMLReader {
    /// One key with its value.
    struct Entry: Equatable {
        let line: Int
        /// `severity`, or `ignore` for each of `[[ignore]]`; empty before the first table.
        let table: String
        /// The number of the table among those of an array, from 0.
        let index: Int
        let key: String
        let value: Value

        /// `ignore.until`.
        var path: String { table.isEmpty ? key : "\(table).\(key)" }
    }

    /// What a key can be set to.
    enum Value: Hashable {
        case text(String)
        case number(Int)
        case flag(Bool)
        case date(String)
    }

    /// Keep at most this many keys.
    private static let entryLimit = 4096

    private let file: String
    private var table = ""
    private var counts: [String: Int] = [:]
    private(set) var entries: [Entry] = []

    /// Reads a whole document.
    ///
    /// - Throws: where a line is not understood.
    init(_ text: String, file: String) throws(ConfigurationError) {
        self.file = file
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, line) in lines.enumerated() { try read(line, number: index + 1) }
    }

    private mutating func read(_ line: Substring, number: Int) throws(ConfigurationError) {
        let text = line.trimmingPrefix(while: \.isWhitespace)
        if text.isEmpty || text.hasPrefix("#") { return }
        let end = #/\s*(?:#.*)?/#
        let word = #/[A-Za-z0-9_-]+/#
        if let match = text.prefixMatch(of: #/\[\[\s*([A-Za-z0-9_-]+)\s*\]\]/#),
            text[match.range.upperBound...].wholeMatch(of: end) != nil
        {
            table = String(match.output.1)
            counts[table, default: -1] += 1
            return
        }
        if let match = text.prefixMatch(of: #/\[\s*([A-Za-z0-9_-]+)\s*\]/#),
            text[match.range.upperBound...].wholeMatch(of: end) != nil
        {
            table = String(match.output.1)
            return
        }
        guard let name = text.prefixMatch(of: word),
            let sign = text[name.range.upperBound...].prefixMatch(of: #/\s*=\s*/#)
        else {
            throw ConfigurationError(file, line: number, "is neither a [table] nor a key = value")
        }
        let key = String(name.output)
        let rest = text[sign.range.upperBound...]
        guard let (value, behind) = Self.value(rest), behind.wholeMatch(of: end) != nil else {
            throw ConfigurationError(
                file,
                line: number,
                key: key,
                "expected \"text\", a date, a whole number, true or false"
            )
        }
        let entry = Entry(
            line: number,
            table: table,
            index: counts[table] ?? 0,
            key: key,
            value: value
        )
        let isKnown = entries.contains {
            $0.table == entry.table && $0.index == entry.index && $0.key == key
        }
        guard !isKnown, entries.count < Self.entryLimit else {
            throw ConfigurationError(
                file,
                line: number,
                key: entry.path,
                isKnown ? "is set twice" : "more than \(Self.entryLimit) keys"
            )
        }
        entries.append(entry)
    }

    /// The value at the begin of a text, and what is behind it.
    private static func value(_ text: Substring) -> (Value, Substring)? {
        if let match = text.prefixMatch(of: #/'([^']*)'/#) {
            return (.text(String(match.output.1)), text[match.range.upperBound...])
        }
        if let match = text.prefixMatch(of: #/"((?:[^"\\]|\\["\\])*)"/#) {
            let plain = match.output.1.replacing(#/\\(["\\])/#) { $0.output.1 }
            return (.text(String(plain)), text[match.range.upperBound...])
        }
        if let match = text.prefixMatch(of: #/\d{4}-\d\d-\d\d/#) {
            return (.date(String(match.output)), text[match.range.upperBound...])
        }
        if let match = text.prefixMatch(of: #/true|false/#) {
            return (.flag(match.output == "true"), text[match.range.upperBound...])
        }
        if let match = text.prefixMatch(of: #/[+-]?\d+/#), let number = Int(match.output) {
            return (.number(number), text[match.range.upperBound...])
        }
        return nil
    }
}
