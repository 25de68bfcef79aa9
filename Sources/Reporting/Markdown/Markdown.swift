/// Markdown (CommonMark 0.31), in which a text is text, whatever it says.
enum Markdown {
    /// Characters that begin something wherever they are (§2.4, §6).
    private static let special = Set("\\`*[]<>&|~")

    /// A text as one line of a paragraph.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        var former: Character = " "
        let characters = Array(text.split(whereSeparator: \.isNewline).joined(separator: " "))
        for (index, character) in characters.enumerated() {
            let next = index + 1 < characters.count ? characters[index + 1] : " "
            // An underscore within a word, such as SACK_PERM, emphasises nothing.
            let isLoose = character == "_" && !(former.isWordPart && next.isWordPart)
            if special.contains(character) || isLoose { escaped += "\\" }
            escaped.append(character)
            former = character
        }
        return escapedBegin(of: escaped)
    }

    /// What would begin a heading, a list, a rule or a quotation where a line begins (§4, §5).
    private static func escapedBegin(of line: String) -> String {
        guard let first = line.first else { return line }
        if "#+-=>".contains(first) { return "\\" + line }
        let digits = line.prefix(while: \.isNumber)
        let rest = line.dropFirst(digits.count)
        if !digits.isEmpty, let mark = rest.first, ".)".contains(mark),
            rest.dropFirst().first.map(\.isWhitespace) ?? true
        {
            return digits + "\\" + rest
        }
        return line
    }

    /// Text as it is, between fences longer than any row of backticks in it (§4.5).
    static func block(_ text: String, _ language: String = "") -> String {
        var longest = 0
        var count = 0
        for character in text {
            count = character == "`" ? count + 1 : 0
            longest = max(longest, count)
        }
        let fence = String(repeating: "`", count: max(3, longest + 1))
        return "\(fence)\(language)\n\(text)\(text.hasSuffix("\n") ? "" : "\n")\(fence)\n"
    }
}

extension Character {
    fileprivate var isWordPart: Bool { isLetter || isNumber }
}
