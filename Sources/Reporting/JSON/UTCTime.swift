/// Points in time as JSON carries them: RFC 3339 in UTC.
package enum UTCTime {
    /// `2017-05-17T17:06:49.637735Z`, with nine digits if the capture has nanoseconds.
    package static func text(_ nanoseconds: Int64, hasNanoseconds: Bool) -> String {
        let second = nanoseconds.floorDivided(by: 1_000_000_000)
        // Not by way of the second: its begin may lie outside of what an Int64 holds.
        let remainder = nanoseconds % 1_000_000_000
        let fraction = remainder < 0 ? remainder + 1_000_000_000 : remainder
        let day = second.floorDivided(by: 86_400)
        let clock = second - day * 86_400
        let date = civil(day)
        var text: [UInt8] = []
        text.reserveCapacity(30)
        append(date.year, of: 4, to: &text)
        for (separator, number) in [
            (UInt8(ascii: "-"), date.month), (UInt8(ascii: "-"), date.day),
            (UInt8(ascii: "T"), clock / 3600), (UInt8(ascii: ":"), clock / 60 % 60),
            (UInt8(ascii: ":"), clock % 60),
        ] {
            text.append(separator)
            append(number, of: 2, to: &text)
        }
        text.append(UInt8(ascii: "."))
        append(hasNanoseconds ? fraction : fraction / 1000, of: hasNanoseconds ? 9 : 6, to: &text)
        text.append(UInt8(ascii: "Z"))
        return String(decoding: text, as: UTF8.self)
    }

    /// Appends a number of so many digits, with zeros before it.
    private static func append(_ number: Int64, of width: Int, to text: inout [UInt8]) {
        var unit = 1
        for _ in 1..<width { unit *= 10 }
        while unit > 0 {
            text.append(UInt8(truncatingIfNeeded: Int(number) / unit % 10) &+ UInt8(ascii: "0"))
            unit /= 10
        }
    }

    /// The Gregorian date of a day counted from 1970-01-01.
    private static func civil(_ day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        // Counted from March of year 0, so that the leap day ends its year.
        let shifted = day + 719_468
        let era = shifted.floorDivided(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let year = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * year + year / 4 - year / 100)
        let month = (5 * dayOfYear + 2) / 153
        let january = month >= 10
        return (
            year + era * 400 + (january ? 1 : 0), january ? month - 9 : month + 3,
            dayOfYear - (153 * month + 2) / 5 + 1
        )
    }

    package static func padded(_ number: Int64, to width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

extension Int64 {
    fileprivate func floorDivided(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}
