/// A JSON document whose members keep the order they are given in, so that equal reports are equal octets.
package enum JSONValue: Sendable {
    case string(String)
    case integer(Int)
    case natural(UInt64)
    case number(Double)
    case boolean(Bool)
    case array([JSONValue])
    case object([Member])

    /// One name of an object and what it stands for.
    package struct Member: Sendable {
        package let name: String
        package let value: JSONValue
    }

    /// An object of those members that have a value.
    package static func members(_ members: (String, JSONValue?)...) -> JSONValue {
        .object(members.compactMap { name, value in value.map { Member(name: name, value: $0) } })
    }

    /// The text without white space (RFC 8259).
    package var text: String {
        var text = ""
        write(to: &text)
        return text
    }

    private func write(to text: inout String) {
        switch self {
        case .string(let string): Self.write(string, to: &text)
        case .integer(let number): text += String(number)
        case .natural(let number): text += String(number)
        case .number(let number): text += number.isFinite ? String(number) : "0"
        case .boolean(let isTrue): text += isTrue ? "true" : "false"
        case .array(let elements):
            text += "["
            for (index, element) in elements.enumerated() {
                if index > 0 { text += "," }
                element.write(to: &text)
            }
            text += "]"
        case .object(let members):
            text += "{"
            for (index, member) in members.enumerated() {
                if index > 0 { text += "," }
                Self.write(member.name, to: &text)
                text += ":"
                member.value.write(to: &text)
            }
            text += "}"
        }
    }

    private static func write(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\t": text += "\\t"
            case "\r": text += "\\r"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}

extension JSONValue {
    package static func unsigned(_ value: some UnsignedInteger) -> JSONValue { .natural(UInt64(value)) }

    /// An array of strings; `nil` for an empty one, so that the member is left out.
    static func strings(_ strings: [String]) -> JSONValue? {
        strings.isEmpty ? nil : .array(strings.map { .string($0) })
    }

    /// Nanoseconds as microseconds, with a fraction only where there is one.
    static func microseconds(_ nanoseconds: Int64) -> JSONValue {
        nanoseconds % 1000 == 0 ? .integer(Int(nanoseconds / 1000)) : .number(Double(nanoseconds) / 1000)
    }
}
