import Diagnosing

/// How text is set: width, colour, and whether arrows may be arrows.
package struct Style: Sendable {
    /// The narrowest page, in columns.
    package static let leastWidth = 80
    /// The page where nothing says how wide it is.
    package static let usualWidth = 100

    /// Columns of the page; only commands to copy, and wide rows, go beyond.
    package var width = usualWidth
    package var isColored = false
    /// Whether each packet's row has its addresses, and is not broken.
    package var isWide = false

    /// Whether the reader can show nothing but ASCII.
    package var isASCII = false

    package init(
        width: Int = usualWidth,
        isColored: Bool = false,
        isWide: Bool = false,
        isASCII: Bool = false
    ) {
        self.width = width
        self.isColored = isColored
        self.isWide = isWide
        self.isASCII = isASCII
    }

    /// The text in characters that the reader can show.
    func plain(_ text: String) -> String {
        guard isASCII, !text.utf8.allSatisfy({ $0 < 0x80 }) else { return text }
        var plain = ""
        for scalar in text.unicodeScalars {
            plain += scalar.isASCII ? String(scalar) : Self.substitutes[scalar] ?? "?"
        }
        return plain
    }

    private static let substitutes: [Unicode.Scalar: String] = [
        "→": "->", "←": "<-", "µ": "u", "–": "-", "…": "...", "§": "sec. ", "×": "x", "“": "\"",
        "”": "\"", "’": "'", "≥": ">=", "≤": "<=", "⚑": "*", "├": "|", "┤": "|", "│": "|", "─": "-",
        "▶": ">", "◀": "<", "\u{A0}": " ",
    ]

    enum Ink: String {
        case error = "31;1"
        case warning = "33;1"
        case note = "36;1"
        case strong = "1"
        case faint = "2"
    }

    func ink(_ text: String, _ ink: Ink) -> String {
        isColored ? "\u{1B}[\(ink.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// Breaks prose at spaces so that no line is wider than the page.
    ///
    /// - Parameters:
    ///   - text: of one paragraph.
    ///   - first: the columns before its first line; those of the others unless given.
    ///   - indent: the columns before each further line.
    /// - Returns: the lines, without those columns.
    func wrapped(_ text: String, first: Int? = nil, indent: Int) -> [String] {
        let text = isASCII ? plain(text.replacing("\u{A0}", with: Self.unbroken)) : text
        let room = max(Self.leastRoom, width - indent)
        let firstRoom = first.map { max(1, width - $0) } ?? room
        let lines =
            text.isPlainLatin
            ? Self.broken(text, firstRoom, room) : Self.brokenByCharacters(text, firstRoom, room)
        if isASCII { return lines.map { $0.replacing(Self.unbroken, with: " ") } }
        guard text.utf8.contains(Self.noBreak) else { return lines }
        return lines.map { $0.replacing("\u{A0}", with: " ") }
    }

    /// The last byte of a space at which no line is broken.
    private static let noBreak: UInt8 = 0xA0
    /// The same space in ASCII: a control character, which no text has.
    private static let unbroken = "\u{1F}"

    /// A line has room for at least this many characters, even beyond the page.
    private static let leastRoom = 20

    /// Breaks a text of which each octet is a character, but for the second ones of Latin letters.
    private static func broken(_ text: String, _ firstRoom: Int, _ room: Int) -> [String] {
        let octets = text.utf8Span.span
        var lines: [String] = []
        var line: [UInt8] = []
        line.reserveCapacity(2 * max(firstRoom, room))
        var lineWidth = 0
        var position = 0
        while position < octets.count {
            let start = position
            var wordWidth = 0
            while position < octets.count, octets[position] != UInt8(ascii: " ") {
                if octets[position] & 0xC0 != 0x80 { wordWidth += 1 }
                position += 1
            }
            if position > start {
                let space = lineWidth > 0 ? 1 : 0
                let isFirst = lines.isEmpty && firstRoom != room
                if lineWidth + space + wordWidth > (lines.isEmpty ? firstRoom : room),
                    lineWidth > 0 || isFirst
                {
                    lines.append(String(decoding: line, as: UTF8.self))
                    line.removeAll(keepingCapacity: true)
                    lineWidth = 0
                }
                if lineWidth > 0 {
                    line.append(UInt8(ascii: " "))
                    lineWidth += 1
                }
                for index in start..<position { line.append(octets[index]) }
                lineWidth += wordWidth
            }
            position += 1
        }
        if lineWidth > 0 { lines.append(String(decoding: line, as: UTF8.self)) }
        return lines
    }

    private static func brokenByCharacters(
        _ text: String,
        _ firstRoom: Int,
        _ room: Int
    ) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            let space = line.isEmpty ? "" : " "
            let isFirst = lines.isEmpty && firstRoom != room
            if line.count + space.count + word.count > (lines.isEmpty ? firstRoom : room),
                !line.isEmpty || isFirst
            {
                lines.append(line)
                line = String(word)
            } else {
                line += space + word
            }
        }
        if !line.isEmpty { lines.append(line) }
        return lines
    }

    /// A paragraph with its first line behind `label`, and the others behind as many spaces, or
    /// behind those of `continuation`; with its line feeds.
    func hung(_ text: String, behind label: String, continuation: Int? = nil) -> String {
        let label = plain(label)
        let indent = continuation ?? label.count
        var lines = wrapped(text, first: label.count, indent: indent)
        if lines.isEmpty { lines = [""] }
        let blank = String.blank(indent)
        return lines.enumerated().map { index, line in
            "\(((index == 0 ? label : blank) + line).trimmedEnd)\n"
        }.joined()
    }
}

extension Severity {
    var ink: Style.Ink {
        switch self {
        case .error: .error
        case .warning: .warning
        case .note: .note
        }
    }
}

extension String {
    func padded(to width: Int) -> String { self + .blank(max(0, width - count)) }

    func leading(to width: Int) -> String { .blank(max(0, width - count)) + self }

    /// So many spaces.
    static func blank(_ count: Int) -> String {
        String(decoding: repeatElement(UInt8(ascii: " "), count: count), as: UTF8.self)
    }

    /// Whether it has no characters but those of ASCII and Latin-1, and none of them is made of
    /// two.
    fileprivate var isPlainLatin: Bool {
        let octets = utf8Span.span
        var other: UInt8 = 0
        // A carriage return and the line feed behind it are one character.
        for index in octets.indices {
            let octet = octets[index]
            other |= octet > 0xC3 || octet == UInt8(ascii: "\r") ? 1 : 0
        }
        return other == 0
    }
}
