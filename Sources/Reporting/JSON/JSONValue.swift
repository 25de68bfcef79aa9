/// A JSON document whose members keep the order they are given in, so that equal reports are equal
/// octets.
package enum JSONValue: Sendable {
    case string(String)
    case integer(Int)
    case natural(UInt64)
    case number(Double)
    case boolean(Bool)
    case array([JSONValue])
    case object([Member])
    /// A value that is written already.
    case written([UInt8])

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
    package var text: String { String(decoding: octets, as: UTF8.self) }

    /// The text in UTF-8.
    var octets: [UInt8] {
        var json = JSONWriter()
        write(to: &json)
        return json.octets
    }

    func write(to json: inout JSONWriter) {
        switch self {
        case .string(let string): json.write(string)
        case .integer(let number): json.write(number)
        case .natural(let number): json.write(number)
        case .number(let number): json.write(number)
        case .boolean(let isTrue): json.write(isTrue)
        case .array(let elements):
            json.beginArray()
            for element in elements { element.write(to: &json) }
            json.endArray()
        case .object(let members):
            json.beginObject()
            for member in members {
                json.name(text: member.name)
                member.value.write(to: &json)
            }
            json.endObject()
        case .written(let octets): json.write(written: octets)
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
