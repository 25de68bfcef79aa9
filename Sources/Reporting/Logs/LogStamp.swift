/// A time as a log writes it, which may leave the zone, the year or the whole date to its reader.
package enum LogStamp: Hashable, Sendable {
    /// In nanoseconds since 1970.
    case absolute(Int64)
    /// By the calendar and clock of the reader's zone; syslog says no year. The clock is in
    /// nanoseconds since midnight.
    case dated(year: Int?, month: Int, day: Int, clock: Int64)
    /// The time of day alone, in nanoseconds since midnight.
    case timeOfDay(Int64)
}

extension LogStamp {
    /// How far into a line its time may begin: further on it is something that the line speaks of.
    private static let reach = 256
    /// The same for a time of day or a count of seconds, which are more easily mistaken.
    private static let shortReach = 64

    /// The time that a line of a log bears.
    package init?(line: some Collection<UInt8>) {
        self.init(octets: Array(line.prefix(Self.reach + 64)))
    }

    private init?(octets: [UInt8]) {
        var former: UInt8 = 0
        for start in 0..<min(octets.count, Self.reach) {
            defer { former = octets[start] }
            guard !Self.joins(former) else { continue }
            var reader = StampReader(octets, from: start)
            if let stamp = reader.datedStamp() {
                self = stamp
                return
            }
            guard start < Self.shortReach else { continue }
            reader = StampReader(octets, from: start)
            if let stamp = start == 0
                ? reader.epochOfLine() ?? reader.timeOfDay() : reader.timeOfDay()
            {
                self = stamp
                return
            }
        }
        return nil
    }

    /// Whether what follows this octet is but the rest of a word or number.
    private static func joins(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: ":"), UInt8(ascii: "."),
            UInt8(ascii: "-"), UInt8(ascii: "/"), 0x80...:
            true
        default: false
        }
    }

    /// The time that a user names: RFC 3339, with or without a zone; the time of day; or seconds
    /// since 1970.
    package init?(_ text: String) {
        let octets = Array(text.utf8)
        var readers = [StampReader](repeating: StampReader(octets, from: 0), count: 3)
        let stamps = [readers[0].datedStamp(), readers[1].timeOfDay(), readers[2].epoch()]
        for (stamp, reader) in zip(stamps, readers) where reader.isAtEnd {
            guard let stamp else { continue }
            self = stamp
            return
        }
        return nil
    }

    /// In nanoseconds since 1970, where the stamp says so much.
    ///
    /// `year` is what to take for a year that it does not say.
    func time(inYear year: Int? = nil) -> Int64? {
        switch self {
        case .absolute(let time): return time
        case .timeOfDay: return nil
        case .dated(let own, let month, let day, let clock):
            guard let year = own ?? year else { return nil }
            return CivilTime.nanoseconds(year: year, month: month, day: day, clock: clock)
        }
    }
}
