/// Text for a terminal, a report or a log: literals of ours, and what strangers wrote made
/// harmless.
///
/// Names of files, interfaces and hosts, options that are quoted back and lines of logs enter by
/// `foreign:` alone. There each code point that steers a terminal, forges a line or turns the
/// direction of writing is replaced by U+FFFD: the Unicode general categories Cc, Cf, Zl and Zp,
/// and bytes that are not UTF-8.
package struct ShownText: Hashable, Sendable {
    package let text: String

    /// What strangers wrote.
    package init(foreign text: String) {
        self.text = Self.isPlain(text) ? text : Self.replaced(text.unicodeScalars, limit: .max)
    }

    /// What strangers wrote, as bytes, of which no more than `limit` code points are shown; a tab
    /// counts as a space.
    package init(foreign bytes: some Collection<UInt8>, limit: Int) {
        let decoded = String(decoding: bytes, as: UTF8.self)
        var text = Self.replaced(decoded.unicodeScalars, limit: limit)
        while text.last == " " { text.removeLast() }
        self.text = text
    }

    /// Texts below one another.
    package init(lines: [ShownText]) { text = lines.map(\.text).joined(separator: "\n") }

    private static func replaced(_ scalars: String.UnicodeScalarView, limit: Int) -> String {
        var text = String.UnicodeScalarView()
        var count = 0
        for scalar in scalars {
            if count == limit {
                text.append("…")
                break
            }
            text.append(isHarmless(scalar) ? scalar : scalar == "\t" ? " " : "\u{FFFD}")
            count += 1
        }
        return String(text)
    }

    /// Whether all of it is printable ASCII, as nearly every name is.
    private static func isPlain(_ text: String) -> Bool {
        text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
    }

    private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        if (0x20...0x7E).contains(scalar.value) { return true }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: return false
        default: return true
        }
    }
}

extension ShownText: ExpressibleByStringInterpolation, CustomStringConvertible {
    package init(stringLiteral text: String) {
        self.text = text
    }

    package init(stringInterpolation: StringInterpolation) {
        text = stringInterpolation.text
    }

    package var description: String { text }

    /// Takes the pieces of a text.
    package struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        package init(literalCapacity: Int, interpolationCount: Int) {
            text.reserveCapacity(literalCapacity + 16 * interpolationCount)
        }

        package mutating func appendLiteral(_ literal: String) { text += literal }

        package mutating func appendInterpolation(_ shown: ShownText) { text += shown.text }

        package mutating func appendInterpolation(foreign words: String) {
            text += ShownText(foreign: words).text
        }

        package mutating func appendInterpolation(_ number: some FixedWidthInteger) {
            text += String(number)
        }
    }
}
