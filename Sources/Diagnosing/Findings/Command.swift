import Tracking

/// A shell command that a report suggests: words of ours, and data that is quoted where it stands
/// in them.
///
/// A literal is ours. Data enters by interpolation alone, as an address, an endpoint or a number,
/// which need no quotes, or as a `HostName`: a `String` does not, so nothing from the wire becomes
/// shell text.
package struct Command: Hashable, Sendable {
    /// As it is typed at a POSIX shell; empty for none.
    package let text: String

    package var isEmpty: Bool { text.isEmpty }

    /// The command of a known issue, whose author chose every word.
    init(writtenByAuthor text: String) {
        self.text = text
    }

    /// Characters that no shell takes for its own, wherever in a word they are (POSIX.1-2017, XCU
    /// §2.2).
    private static let plain = Set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789%+,-./:=@_"
    )

    /// Data as one word: in single quotes unless all of it is plain (POSIX.1-2017, XCU §2.2.2).
    ///
    /// - Returns: `nil` for data that would be taken for an option, or that no word can hold
    ///   (U+0000).
    package static func word(_ data: String) -> String? {
        if data.hasPrefix("-") || data.unicodeScalars.contains("\0") { return nil }
        if !data.isEmpty, data.allSatisfy(plain.contains) { return data }
        return "'"
            + data.split(separator: "'", omittingEmptySubsequences: false)
            .joined(separator: #"'\''"#) + "'"
    }
}

extension Command: ExpressibleByStringInterpolation {
    package init(stringLiteral text: String) {
        self.text = text
    }

    package init(stringInterpolation: StringInterpolation) {
        text = stringInterpolation.text
    }

    /// Takes the pieces of an interpolated command.
    package struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        package init(literalCapacity: Int, interpolationCount: Int) {
            text.reserveCapacity(literalCapacity + 16 * interpolationCount)
        }

        package mutating func appendLiteral(_ literal: String) { text += literal }

        package mutating func appendInterpolation(_ command: Command) { text += command.text }

        package mutating func appendInterpolation(_ address: Address) {
            text += address.description
        }

        package mutating func appendInterpolation(_ endpoint: Endpoint) {
            text += endpoint.description
        }

        package mutating func appendInterpolation(_ number: some FixedWidthInteger) {
            text += String(number)
        }

        package mutating func appendInterpolation(_ name: HostName) {
            text += Command.word(name.text) ?? ""
        }
    }
}

/// The name of a host, and nothing else that a stranger may have written in its place (RFC 1123
/// §2.1, with the underscores that are in use).
package struct HostName: Hashable, Sendable {
    package let text: String

    /// The longest name, in bytes (RFC 1035 §2.3.4).
    private static let longest = 253

    /// - Returns: `nil` unless it has 1 to 253 letters, digits, `-`, `.` and `_`, the first no `-`.
    package init?(_ text: String) {
        guard (1...Self.longest).contains(text.utf8.count), text.utf8.first != UInt8(ascii: "-"),
            text.utf8.allSatisfy(Self.isAllowed)
        else { return nil }
        self.text = text
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
