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

    /// Breaks prose at spaces, each line but the first behind `indent`, so that none is wider than the page.
    func wrapped(_ text: String, indent: Int) -> [String] {
        let room = max(20, width - indent)
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
        let blank = String(repeating: " ", count: label.count)
        return lines.enumerated().map { ($0 == 0 ? label : blank) + $1 }.joined(separator: "\n")
            + "\n"
    }
}

extension String {
    func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }

    func leading(to width: Int) -> String {
        String(repeating: " ", count: max(0, width - count)) + self
    }
}
