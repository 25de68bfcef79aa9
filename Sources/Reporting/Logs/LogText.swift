/// Lines of logs as they may be shown: nothing in them steers a terminal or turns the direction of writing.
enum LogText {
    /// As many characters of a line are kept.
    private static let limit = 1000

    static func clean(_ octets: some Collection<UInt8>) -> String {
        let text = String(decoding: octets, as: UTF8.self)
        var clean = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.prefix(limit) {
            clean.append(isHarmless(scalar) ? scalar : scalar == "\t" ? " " : "\u{FFFD}")
        }
        if text.unicodeScalars.dropFirst(limit).first != nil { clean.append("…") }
        while clean.last == " " { clean.removeLast() }
        return String(clean)
    }

    private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069: false
        default: true
        }
    }

    /// As much of a line as fits into so many columns.
    static func cut(_ text: String, to width: Int) -> String {
        text.count <= width ? text : text.prefix(max(1, width - 1)) + "…"
    }
}
