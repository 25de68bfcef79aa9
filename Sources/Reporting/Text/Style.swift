/// How text is set: width, colour, and whether arrows may be arrows.
package struct Style: Sendable {
    /// Columns to wrap prose at; timeline rows are never wrapped.
    package var width = 120
    package var isColored = false

    package init(width: Int = 120, isColored: Bool = false) {
        self.width = width
        self.isColored = isColored
    }

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

    /// Breaks prose at spaces, each line but the first behind `indent`, so that none is wider than
    /// the page.
    func wrapped(_ text: String, indent: Int) -> [String] {
        let room = max(20, width - indent)
        return text.isPlainLatin ? Self.broken(text, room) : Self.brokenByCharacters(text, room)
    }

    /// Breaks a text of which each octet is a character, but for the second ones of Latin letters.
    private static func broken(_ text: String, _ room: Int) -> [String] {
        let octets = text.utf8Span.span
        var lines: [String] = []
        var line: [UInt8] = []
        line.reserveCapacity(2 * room)
        var lineWidth = 0
        var place = 0
        while place < octets.count {
            let start = place
            var wordWidth = 0
            while place < octets.count, octets[place] != UInt8(ascii: " ") {
                if octets[place] & 0xC0 != 0x80 { wordWidth += 1 }
                place += 1
            }
            if place > start {
                if lineWidth > 0, lineWidth + 1 + wordWidth > room {
                    lines.append(String(decoding: line, as: UTF8.self))
                    line.removeAll(keepingCapacity: true)
                    lineWidth = 0
                }
                if lineWidth > 0 {
                    line.append(UInt8(ascii: " "))
                    lineWidth += 1
                }
                for index in start..<place { line.append(octets[index]) }
                lineWidth += wordWidth
            }
            place += 1
        }
        if lineWidth > 0 { lines.append(String(decoding: line, as: UTF8.self)) }
        return lines
    }

    private static func brokenByCharacters(_ text: String, _ room: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            let space = line.isEmpty ? "" : " "
            if !line.isEmpty, line.count + 1 + word.count > room {
                lines.append(line)
                line = String(word)
            } else {
                line += space + word
            }
        }
        if !line.isEmpty { lines.append(line) }
        return lines
    }

    /// `lines` with the first behind `label` and the others behind as many spaces.
    func hung(_ text: String, behind label: String) -> String {
        let lines = wrapped(text, indent: label.count)
        let blank = String.blank(label.count)
        return lines.enumerated().map { ($0 == 0 ? label : blank) + $1 }.joined(separator: "\n")
            + "\n"
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
