import Glibc

/// A point in time by the calendar and clock of the process's time zone.
struct CivilTime {
    let year: Int64
    let month: Int64
    let day: Int64
    let hour: Int64
    let minute: Int64
    let second: Int64
    /// The abbreviation of the zone, summer time or not.
    let zone: String

    init(_ nanoseconds: Int64) {
        var seconds = time_t(nanoseconds / 1_000_000_000)
        if nanoseconds % 1_000_000_000 < 0 { seconds -= 1 }
        var parts = unsafe tm()
        unsafe localtime_r(&seconds, &parts)
        year = unsafe Int64(parts.tm_year) + 1900
        month = unsafe Int64(parts.tm_mon) + 1
        day = unsafe Int64(parts.tm_mday)
        hour = unsafe Int64(parts.tm_hour)
        minute = unsafe Int64(parts.tm_min)
        second = unsafe Int64(parts.tm_sec)
        zone = unsafe parts.tm_zone.map { unsafe String(cString: $0) } ?? "UTC"
    }
}

extension CivilTime {
    /// In nanoseconds since 1970.
    ///
    /// - Parameters:
    ///   - year: as it is counted.
    ///   - month: from 1.
    ///   - day: from 1; what lies beyond the month is a day of the next one.
    ///   - clock: the time by the clock, in nanoseconds since midnight.
    ///   - isUTC: whether this is UTC, and not the zone of the process.
    /// - Returns: `nil` for what cannot be counted.
    static func nanoseconds(
        year: Int,
        month: Int,
        day: Int,
        clock: Int64,
        isUTC: Bool = false
    ) -> Int64? {
        guard (1900...2300).contains(year) else { return nil }
        let second = Int32(truncatingIfNeeded: clock / 1_000_000_000)
        var parts = unsafe tm()
        unsafe parts.tm_year = Int32(year - 1900)
        unsafe parts.tm_mon = Int32(clamping: month - 1)
        unsafe parts.tm_mday = Int32(clamping: day)
        unsafe parts.tm_hour = second / 3600
        unsafe parts.tm_min = second / 60 % 60
        unsafe parts.tm_sec = second % 60
        unsafe parts.tm_isdst = isUTC ? 0 : -1
        let seconds = unsafe Int64(isUTC ? timegm(&parts) : mktime(&parts))
        let product = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let sum = product.partialValue.addingReportingOverflow(clock % 1_000_000_000)
        return product.overflow || sum.overflow ? nil : sum.partialValue
    }

    /// Since midnight by the clock, in nanoseconds, but for the fraction of the second.
    var clock: Int64 { (hour * 3600 + minute * 60 + second) * 1_000_000_000 }
}
