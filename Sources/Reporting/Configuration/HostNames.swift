import Diagnosing
import Tracking

/// Names for addresses, from a file in the form of /etc/hosts.
///
/// DNS is never asked.
package struct HostNames: Sendable {
    /// Keep at most this many names.
    private static let limit = 65_536

    private var names: [Address: String] = [:]

    package init() {}

    /// Reads a file of lines with an address and its names, of which the first is taken.
    ///
    /// - Throws: when a line is neither that nor a comment.
    package init(file: String) throws(ConfigurationError) {
        let text = try ConfigurationError.text(of: file)
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, line) in lines.enumerated() {
            let words = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace)
            guard let first = words.first.map(String.init) else { continue }
            guard let address = Address(first) else {
                throw ConfigurationError(
                    file,
                    line: index + 1,
                    "'\(foreign: first)' is not an address"
                )
            }
            guard words.count > 1, let name = HostName(String(words[1])) else {
                throw ConfigurationError(
                    file,
                    line: index + 1,
                    "\(foreign: first) has no name of letters, digits, '-', '.' and '_'"
                )
            }
            guard names.count < Self.limit || names[address] != nil else {
                throw ConfigurationError(file, line: index + 1, "more than \(Self.limit) hosts")
            }
            if names[address] == nil { names[address] = name.text }
        }
    }

    /// The name of a host.
    package subscript(address: Address) -> String? { names[address] }

    /// A text with the names of the given hosts, each behind the first mention of its address.
    func introduced(_ addresses: [Address], in text: String) -> String {
        guard !names.isEmpty else { return text }
        var text = text
        var known: Set<Address> = []
        for address in addresses where known.insert(address).inserted {
            if let name = names[address] { text = Self.introduce(name, of: address, in: text) }
        }
        return text
    }

    /// `10.0.0.81:304 (nfs)` becomes `10.0.0.81:304 (filer, nfs)`.
    private static func introduce(_ name: String, of address: Address, in text: String) -> String {
        let word = address.description
        var start = text.startIndex
        while let found = text[start...].firstRange(of: word) {
            start = found.upperBound
            if found.lowerBound > text.startIndex,
                continues(text[text.index(before: found.lowerBound)])
            {
                continue
            }
            var end = found.upperBound
            if end < text.endIndex, text[end] == "]" { end = text.index(after: end) }
            let rest = text[end...]
            if let port = rest.prefixMatch(of: #/:\d+/#) {
                end = port.range.upperBound
            } else if let next = rest.first, continues(next) {
                // A longer address, unless the sentence ends here.
                let behind = rest.dropFirst().first
                if next != "." || behind.map(continues) == true { continue }
            }
            let tail = text[end...]
            return tail.hasPrefix(" (")
                ? "\(text[..<end]) (\(name), \(tail.dropFirst(2))"
                : "\(text[..<end]) (\(name))\(tail)"
        }
        return text
    }

    /// Whether a character is part of an address beside it.
    private static func continues(_ character: Character) -> Bool {
        character.isHexDigit || character == "." || character == ":"
    }
}
