/// Reads times from the octets of a line, by hand: a log has many lines, and regular expressions
/// take their time.
struct StampReader {
    private static let months = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]
    private static let daysOfMonths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    /// A count of seconds at the begin of a line has so many digits: from 2001 to 2286.
    private static let epochDigits = 10

    private let octets: [UInt8]
    private(set) var position: Int

    init(_ octets: [UInt8], from position: Int) {
        self.octets = octets
        self.position = position
    }

    var isAtEnd: Bool { position == octets.count }

    /// A time with its date, in one of the forms of logs.
    mutating func datedStamp() -> LogStamp? {
        attempt { $0.international() } ?? attempt { $0.audit() } ?? attempt { $0.syslog() }
            ?? attempt { $0.webServer() }
    }

    /// Steps back where `form` is not there.
    private mutating func attempt(_ form: (inout StampReader) -> LogStamp?) -> LogStamp? {
        let start = position
        if let stamp = form(&self) { return stamp }
        position = start
        return nil
    }

    /// `2014-01-29T22:01:24.818Z`, `2014-01-29 22:01:24,818 +0100`: RFC 3339 and what looks like
    /// it.
    private mutating func international() -> LogStamp? {
        guard let year = number(4...4), let dash = take("-/"), let month = number(2...2),
            take(dash), let day = number(2...2), take("Tt ") != nil, let clock = clock()
        else { return nil }
        return stamp(year: year, month, day, clock, zone: zone())
    }

    /// `audit(1391032884.818:1967129)`.
    private mutating func audit() -> LogStamp? {
        guard take(word: "audit(") else { return nil }
        return epoch()
    }

    /// `Jan 29 22:01:24`, and as date(1) writes it: `Jan 29 22:01:24 UTC 2014`.
    private mutating func syslog() -> LogStamp? {
        guard let month = month(), take(" ") != nil else { return nil }
        _ = take(" ")
        guard let day = number(1...2), take(" ") != nil, let clock = clock() else { return nil }
        let zone = zone()
        let end = position
        if take(" ") != nil, let year = number(4...4), isBoundary, (1970...2261).contains(year) {
            return stamp(year: year, month, day, clock, zone: zone)
        }
        position = end
        return stamp(year: nil, month, day, clock, zone: nil)
    }

    /// `29/Jan/2014:22:01:24.790 +0000`.
    private mutating func webServer() -> LogStamp? {
        guard let day = number(2...2), take("/") != nil, let month = month(), take("/") != nil,
            let year = number(4...4), take(":") != nil, let clock = clock()
        else { return nil }
        return stamp(year: year, month, day, clock, zone: zone())
    }

    /// `16:55:54.562`.
    mutating func timeOfDay() -> LogStamp? {
        guard let clock = clock() else { return nil }
        return .timeOfDay(clock)
    }

    /// `1391032884.818` before anything else.
    mutating func epochOfLine() -> LogStamp? {
        attempt { reader in
            let stamp = reader.epoch(digits: Self.epochDigits...Self.epochDigits)
            return reader.isBoundary ? stamp : nil
        }
    }

    /// `1391032884.818`.
    mutating func epoch(digits: ClosedRange<Int> = 1...10) -> LogStamp? {
        guard let seconds = number(digits) else { return nil }
        let whole = Int64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        let sum = whole.partialValue.addingReportingOverflow(fraction(marks: "."))
        return whole.overflow || sum.overflow ? nil : .absolute(sum.partialValue)
    }

    private func stamp(
        year: Int?,
        _ month: Int,
        _ day: Int,
        _ clock: Int64,
        zone: Int64?
    ) -> LogStamp? {
        guard (1...12).contains(month), (1...Self.daysOfMonths[month - 1]).contains(day) else {
            return nil
        }
        guard let year else { return .dated(year: nil, month: month, day: day, clock: clock) }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        guard (1970...2261).contains(year), isLeap || (month, day) != (2, 29) else { return nil }
        guard let zone else { return .dated(year: year, month: month, day: day, clock: clock) }
        let time = CivilTime.nanoseconds(
            year: year,
            month: month,
            day: day,
            clock: clock,
            isUTC: true
        )
        return time.map { .absolute($0 - zone) }
    }

    /// Since midnight, in nanoseconds; a leap second is taken for the first one after it.
    private mutating func clock() -> Int64? {
        let start = position
        guard let hour = number(2...2), hour < 24, take(":") != nil, let minute = number(2...2),
            minute < 60, take(":") != nil, let second = number(2...2), second <= 60
        else {
            position = start
            return nil
        }
        let fraction = fraction(marks: ".,")
        guard !goesOn else {
            position = start
            return nil
        }
        return Int64(hour * 3600 + minute * 60 + second) * 1_000_000_000 + fraction
    }

    /// Z, an offset from UTC, or UTC by name: what is to be subtracted, in nanoseconds.
    private mutating func zone() -> Int64? {
        let start = position
        let isApart = take(" ") != nil
        if !isApart, take("Zz") != nil, isBoundary { return 0 }
        for name in ["utc", "gmt"] where take(word: name) && isBoundary { return 0 }
        if let sign = take("+-"), let hours = pair() {
            let hasColon = take(":") != nil
            let minutes = number(2...2)
            if isBoundary, hours < 24, minutes != nil || !hasColon && !isApart {
                let offset = Int64(hours * 3600 + (minutes ?? 0) * 60) * 1_000_000_000
                return sign == UInt8(ascii: "-") ? -offset : offset
            }
        }
        position = start
        return nil
    }

    /// Whether what looked like a clock is the begin of an Ethernet or IPv6 address, or of a word.
    private var goesOn: Bool {
        guard let next = peek else { return false }
        if next == UInt8(ascii: ":"), position + 1 < octets.count {
            return Self.isWord(octets[position + 1]) || octets[position + 1] == next
        }
        return Self.isWord(next) && next | 0x20 != UInt8(ascii: "z")
    }

    private mutating func month() -> Int? {
        for (index, name) in Self.months.enumerated() where take(word: name) { return index + 1 }
        return nil
    }

    /// In nanoseconds, without the digits behind the ninth; 0 where there is none.
    private mutating func fraction(marks: String) -> Int64 {
        let start = position
        guard take(marks) != nil, let digit = peek, Self.isDigit(digit) else {
            position = start
            return 0
        }
        var fraction: Int64 = 0
        var unit: Int64 = 100_000_000
        while let digit = peek, Self.isDigit(digit) {
            fraction += Int64(digit - UInt8(ascii: "0")) * unit
            unit /= 10
            position += 1
        }
        return fraction
    }
}

extension StampReader {
    private var peek: UInt8? { position < octets.count ? octets[position] : nil }

    /// Whether no word or number goes on here.
    private var isBoundary: Bool { peek.map { !Self.isWord($0) } ?? true }

    private static func isDigit(_ octet: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(octet)
    }

    private static func isWord(_ octet: UInt8) -> Bool {
        isDigit(octet) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(octet | 0x20)
    }

    /// A number of so many digits, and no more.
    private mutating func number(_ digits: ClosedRange<Int>) -> Int? {
        let start = position
        var value = 0
        while let octet = peek, Self.isDigit(octet), position - start < digits.upperBound {
            value = value * 10 + Int(octet - UInt8(ascii: "0"))
            position += 1
        }
        let isWhole = peek.map { !Self.isDigit($0) } ?? true
        guard isWhole, digits.contains(position - start) else {
            position = start
            return nil
        }
        return value
    }

    /// Two digits, whatever follows them.
    private mutating func pair() -> Int? {
        guard let tens = take("0123456789"), let ones = take("0123456789") else { return nil }
        return Int(tens - UInt8(ascii: "0")) * 10 + Int(ones - UInt8(ascii: "0"))
    }

    /// One of `choices`.
    private mutating func take(_ choices: String) -> UInt8? {
        guard let octet = peek, choices.utf8.contains(octet) else { return nil }
        position += 1
        return octet
    }

    private mutating func take(_ octet: UInt8) -> Bool {
        guard peek == octet else { return false }
        position += 1
        return true
    }

    /// A word in small letters, however it is written here.
    private mutating func take(word: String) -> Bool {
        let end = position + word.utf8.count
        guard end <= octets.count,
            zip(octets[position..<end], word.utf8).allSatisfy({ $0 == $1 || $0 | 0x20 == $1 })
        else { return false }
        position = end
        return true
    }
}
