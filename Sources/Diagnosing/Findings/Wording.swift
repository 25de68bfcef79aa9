import Tracking

/// How durations, counts, lists and ends read in a sentence.
package enum Wording {
    /// `198 µs`, `5.4 ms`, `9.99 s`, `6 min 40 s`, `2 h 5 min`, `15 d 1 h`.
    ///
    /// Negative where a capture's clock went back: `-198 µs`.
    package static func duration(_ nanoseconds: Int64) -> String {
        (nanoseconds < 0 ? "-" : "") + duration(nanoseconds.magnitude)
    }

    /// Each unit ends where rounding would give a thousand of it.
    private static func duration(_ magnitude: UInt64) -> String {
        switch magnitude {
        case ..<1_000: return "\(magnitude) ns"
        case ..<999_500: return "\((magnitude + 500) / 1_000) µs"
        case ..<999_500_000: return "\(decimal(magnitude, unit: 1_000_000)) ms"
        case ..<100_000_000_000: return "\(decimal(magnitude, unit: 1_000_000_000)) s"
        case ..<600_000_000_000: return "\(magnitude / 1_000_000_000) s"
        default:
            let seconds = magnitude / 1_000_000_000
            let hours = seconds / 3600
            if hours >= 48 { return "\(hours / 24) d \(hours % 24) h" }
            return hours > 0
                ? "\(hours) h \(seconds / 60 % 60) min" : "\(seconds / 60) min \(seconds % 60) s"
        }
    }

    /// Three digits that count: `1.02`, `12.3`, `99.9`, `160`; zeros at the end are left out.
    private static func decimal(_ value: UInt64, unit: UInt64) -> String {
        let precision: UInt64 = value >= 100 * unit ? 1 : value >= 10 * unit ? 10 : 100
        let scaled = (value * precision + unit / 2) / unit
        let whole = scaled / precision
        var fraction =
            precision == 1 ? "" : String(scaled % precision + precision).dropFirst().description
        while fraction.hasSuffix("0") { fraction.removeLast() }
        return fraction.isEmpty ? "\(whole)" : "\(whole).\(fraction)"
    }

    /// `once`, `twice`, `9 times`.
    package static func times(_ count: Int) -> String {
        switch count {
        case 1: "once"
        case 2: "twice"
        default: "\(count) times"
        }
    }

    /// `1 SYN`, `4 SYNs`.
    package static func count(_ count: Int, _ noun: String, plural: String? = nil) -> String {
        count == 1 ? "1 \(noun)" : "\(count) \(plural ?? noun + "s")"
    }

    /// `1`, `1 and 3`, `1, 3 and 5`; long lists end in `and 7 more`.
    package static func list(_ items: [String], limit: Int = 6) -> String {
        guard items.count > 1, let last = items.last else { return items.first ?? "" }
        if items.count > limit {
            return items.prefix(limit - 1).joined(separator: ", ")
                + " and \(items.count - limit + 1) more"
        }
        return items.dropLast().joined(separator: ", ") + " and " + last
    }

    /// `4 to 98 µs`, or one duration where both are the same.
    package static func range(_ least: Int64, _ most: Int64) -> String {
        let (first, second) = (duration(least), duration(most))
        guard first != second else { return first }
        let unit = second.split(separator: " ").last ?? ""
        guard first.hasSuffix(" \(unit)"), second.split(separator: " ").count == 2 else {
            return "\(first) to \(second)"
        }
        return "\(first.dropLast(unit.count + 1)) to \(second)"
    }

    /// `first`, `second`, … `5th`, `11th`, `21st`.
    package static func ordinal(_ number: Int) -> String {
        let words = [
            "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth",
        ]
        if (1...words.count).contains(number) { return words[number - 1] }
        let isTeen = (11...13).contains(number % 100)
        let endings = [1: "st", 2: "nd", 3: "rd"]
        return "\(number)\(isTeen ? "th" : endings[number % 10] ?? "th")"
    }

    /// An end by its address, and by its port too where the other end has the same address.
    static func end(_ end: Endpoint, beside other: Endpoint) -> String {
        end.address == other.address ? end.description : end.address.description
    }
}
