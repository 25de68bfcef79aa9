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
        var kept: [Member] = []
        kept.reserveCapacity(members.count)
        for (name, value) in members {
            if let value { kept.append(Member(name: name, value: value)) }
        }
        return .object(kept)
    }

    /// The text without white space (RFC 8259).
    package var text: String {
        var octets: [UInt8] = []
        write(to: &octets)
        return String(decoding: octets, as: UTF8.self)
    }

    /// Appends the text in UTF-8.
    func write(to octets: inout [UInt8]) {
        switch self {
        case .string(let string): Self.write(string, to: &octets)
        case .integer(let number):
            if number < 0 { octets.append(UInt8(ascii: "-")) }
            Self.write(UInt64(number.magnitude), to: &octets)
        case .natural(let number): Self.write(number, to: &octets)
        case .number(let number): octets += String(number.isFinite ? number : 0).utf8
        case .boolean(let isTrue): octets += (isTrue ? "true" : "false").utf8
        case .array(let elements):
            octets.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { octets.append(UInt8(ascii: ",")) }
                element.write(to: &octets)
            }
            octets.append(UInt8(ascii: "]"))
        case .object(let members):
            octets.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { octets.append(UInt8(ascii: ",")) }
                Self.write(member.name, to: &octets)
                octets.append(UInt8(ascii: ":"))
                member.value.write(to: &octets)
            }
            octets.append(UInt8(ascii: "}"))
        }
    }

    private static func write(_ number: UInt64, to octets: inout [UInt8]) {
        // The greatest has 20 digits.
        var digits = [20 of UInt8](repeating: 0)
        var (place, rest) = (20, number)
        repeat {
            place -= 1
            digits[place] = UInt8(truncatingIfNeeded: rest % 10) &+ UInt8(ascii: "0")
            rest /= 10
        } while rest > 0
        for index in place..<20 { octets.append(digits[index]) }
    }

    private static func write(_ string: String, to octets: inout [UInt8]) {
        octets.append(UInt8(ascii: "\""))
        if isPlain(string.utf8Span.span) {
            octets.append(contentsOf: string.utf8)
        } else {
            writeEscaped(string, to: &octets)
        }
        octets.append(UInt8(ascii: "\""))
    }

    /// Whether no octet of a text needs to be escaped.
    private static func isPlain(_ octets: Span<UInt8>) -> Bool {
        var special: UInt8 = 0
        // All of them: it takes less time than to look at each whether to stop.
        for index in octets.indices {
            let octet = octets[index]
            special |=
                octet < 0x20 || octet == UInt8(ascii: "\"") || octet == UInt8(ascii: "\\") ? 1 : 0
        }
        return special == 0
    }

    private static func writeEscaped(_ string: String, to octets: inout [UInt8]) {
        for octet in string.utf8 {
            switch octet {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): octets += [UInt8(ascii: "\\"), octet]
            case UInt8(ascii: "\n"): octets += "\\n".utf8
            case UInt8(ascii: "\t"): octets += "\\t".utf8
            case UInt8(ascii: "\r"): octets += "\\r".utf8
            case ..<0x20: octets += "\\u00\(octet < 16 ? "0" : "")\(String(octet, radix: 16))".utf8
            default: octets.append(octet)
            }
        }
    }
}

extension JSONValue {
    package static func unsigned(_ value: some UnsignedInteger) -> JSONValue {
        .natural(UInt64(value))
    }

    /// An array of strings; `nil` for an empty one, so that the member is left out.
    static func strings(_ strings: [String]) -> JSONValue? {
        strings.isEmpty ? nil : .array(strings.map { .string($0) })
    }

    /// Nanoseconds as microseconds, with a fraction only where there is one.
    static func microseconds(_ nanoseconds: Int64) -> JSONValue {
        nanoseconds % 1000 == 0
            ? .integer(Int(nanoseconds / 1000)) : .number(Double(nanoseconds) / 1000)
    }
}
