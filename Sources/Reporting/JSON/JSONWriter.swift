/// Writes JSON without white space (RFC 8259) straight into octets, value after value, and puts the
/// commas between them.
///
/// Sound although it holds a pointer: nobody else has it, it is freed with the writer, and nothing
/// is written before there is room for it.
@safe struct JSONWriter: ~Copyable {
    private var bytes: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private var count = 0
    /// Whether the next value or name of a member stands behind another.
    private var isBehindAnother = false

    init() {
        capacity = 4096
        unsafe bytes = .allocate(capacity: capacity)
    }

    deinit {
        unsafe bytes.deallocate()
    }

    /// All that was written.
    var octets: [UInt8] {
        unsafe Array(UnsafeBufferPointer(start: bytes, count: count))
    }

    /// How much was written, in bytes.
    var length: Int { count }

    /// What was written since the last time; the rest goes on behind it.
    mutating func take() -> [UInt8] {
        defer { count = 0 }
        return octets
    }

    /// Appends octets as they are.
    mutating func append(_ text: StaticString) {
        let length = text.utf8CodeUnitCount
        makeRoom(for: length)
        unsafe (bytes + count).update(from: text.utf8Start, count: length)
        count += length
    }

    /// The next value stands behind what was appended as it is.
    mutating func beginValue() { isBehindAnother = false }

    mutating func beginObject() { open(UInt8(ascii: "{")) }
    mutating func endObject() { close(UInt8(ascii: "}")) }
    mutating func beginArray() { open(UInt8(ascii: "[")) }
    mutating func endArray() { close(UInt8(ascii: "]")) }

    /// The name of an object's next member, of which nothing has to be escaped; its value comes
    /// next.
    mutating func name(_ name: StaticString) {
        separate()
        makeRoom(for: name.utf8CodeUnitCount + 3)
        put(UInt8(ascii: "\""))
        append(name)
        put(UInt8(ascii: "\""))
        put(UInt8(ascii: ":"))
        isBehindAnother = false
    }

    /// The name of an object's next member; its value comes next.
    mutating func name(text: String) {
        write(text)
        makeRoom(for: 1)
        put(UInt8(ascii: ":"))
        isBehindAnother = false
    }

    mutating func write(_ string: String) {
        separate()
        let utf8 = string.utf8Span.span
        makeRoom(for: utf8.count + 2)
        put(UInt8(ascii: "\""))
        if Self.isPlain(utf8) {
            unsafe utf8.withUnsafeBufferPointer { octets in
                if let start = octets.baseAddress {
                    unsafe (bytes + count).update(from: start, count: octets.count)
                }
            }
            count += utf8.count
        } else {
            for index in utf8.indices { writeEscaped(utf8[index]) }
        }
        makeRoom(for: 1)
        put(UInt8(ascii: "\""))
    }

    mutating func write(_ number: UInt64) {
        separate()
        // The greatest has 20 digits.
        makeRoom(for: 20)
        var length = 1
        var bound: UInt64 = 10
        while length < 20, number >= bound {
            length += 1
            bound = length < 20 ? bound &* 10 : .max
        }
        var rest = number
        for offset in (0..<length).reversed() {
            unsafe bytes[count + offset] = UInt8(truncatingIfNeeded: rest % 10) + UInt8(ascii: "0")
            rest /= 10
        }
        count += length
    }

    mutating func write(_ number: Int) {
        if number < 0 {
            separate()
            makeRoom(for: 1)
            put(UInt8(ascii: "-"))
            isBehindAnother = false
        }
        write(UInt64(number.magnitude))
    }

    /// What is no number in JSON is written as 0.
    mutating func write(_ number: Double) {
        separate()
        let text = String(number.isFinite ? number : 0)
        makeRoom(for: text.utf8.count)
        for octet in text.utf8 { put(octet) }
    }

    mutating func write(_ isTrue: Bool) {
        separate()
        append(isTrue ? "true" : "false")
    }

    /// A value that is written already.
    mutating func write(written octets: [UInt8]) {
        separate()
        append(octets)
    }

    /// Appends octets as they are.
    mutating func append(_ octets: [UInt8]) {
        makeRoom(for: octets.count)
        unsafe octets.withUnsafeBufferPointer { octets in
            if let start = octets.baseAddress {
                unsafe (bytes + count).update(from: start, count: octets.count)
            }
        }
        count += octets.count
    }

    private mutating func open(_ bracket: UInt8) {
        separate()
        makeRoom(for: 1)
        put(bracket)
        isBehindAnother = false
    }

    private mutating func close(_ bracket: UInt8) {
        makeRoom(for: 1)
        put(bracket)
        isBehindAnother = true
    }

    private mutating func separate() {
        if isBehindAnother {
            makeRoom(for: 1)
            put(UInt8(ascii: ","))
        }
        isBehindAnother = true
    }

    /// Whether no octet of a text needs to be escaped.
    private static func isPlain(_ octets: Span<UInt8>) -> Bool {
        var special: UInt8 = 0
        // All of them: it takes less time than to look at each whether to stop.
        for index in octets.indices {
            let octet = octets[index]
            let isQuote = octet == UInt8(ascii: "\"") || octet == UInt8(ascii: "\\")
            special |= octet < 0x20 || isQuote ? 1 : 0
        }
        return special == 0
    }

    private mutating func writeEscaped(_ octet: UInt8) {
        // The longest is \u001f.
        makeRoom(for: 6)
        switch octet {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            put(UInt8(ascii: "\\"))
            put(octet)
        case UInt8(ascii: "\n"): append("\\n")
        case UInt8(ascii: "\t"): append("\\t")
        case UInt8(ascii: "\r"): append("\\r")
        case ..<0x20:
            append(octet < 16 ? "\\u000" : "\\u001")
            let digit = octet & 15
            put(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        default: put(octet)
        }
    }

    /// Appends one octet, for which there is room.
    @inline(__always)
    private mutating func put(_ octet: UInt8) {
        unsafe bytes[count] = octet
        count += 1
    }

    @inline(__always)
    private mutating func makeRoom(for more: Int) {
        if capacity - count < more { grow(by: more) }
    }

    @inline(never)
    private mutating func grow(by more: Int) {
        capacity = max(2 * capacity, count + more)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        unsafe larger.update(from: bytes, count: count)
        unsafe bytes.deallocate()
        unsafe bytes = larger
    }
}

extension JSONWriter {
    /// A member of the present object; left out without a value.
    mutating func member(_ name: StaticString, _ value: String?) {
        guard let value else { return }
        self.name(name)
        write(value)
    }

    /// A member of the present object; left out without a value.
    mutating func member(_ name: StaticString, _ value: (some UnsignedInteger)?) {
        guard let value else { return }
        self.name(name)
        write(UInt64(value))
    }

    mutating func member(_ name: StaticString, _ value: Int) {
        self.name(name)
        write(value)
    }

    /// A member of the present object; left out where there is nothing in the list.
    mutating func member(_ name: StaticString, _ list: [String]) {
        if !list.isEmpty { memberOfAll(name, list) }
    }

    /// A member of the present object, even where there is nothing in the list.
    mutating func memberOfAll(_ name: StaticString, _ list: some Sequence<String>) {
        self.name(name)
        beginArray()
        for element in list { write(element) }
        endArray()
    }

    /// A member in microseconds, of nanoseconds, with a fraction only where there is one.
    mutating func member(_ name: StaticString, microsecondsOf nanoseconds: Int64) {
        self.name(name)
        if nanoseconds % 1000 == 0 {
            write(Int(nanoseconds / 1000))
        } else {
            write(Double(nanoseconds) / 1000)
        }
    }
}
