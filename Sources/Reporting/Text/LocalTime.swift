/// Points in time as a person reads them, in the time zone of the process (`TZ`).
struct LocalTime {
    /// Digits behind the second: 6, or 9 if the capture has nanoseconds.
    let digits: Int

    init(hasNanoseconds: Bool) {
        digits = hasNanoseconds ? 9 : 6
    }

    /// `2017-04-25 13:06:49.637735 EDT`.
    func dateAndTime(_ nanoseconds: Int64) -> String {
        let civil = CivilTime(nanoseconds)
        let date = [civil.month, civil.day].map { UTCTime.padded($0, to: 2) }.joined(separator: "-")
        return "\(civil.year)-\(date) \(time(nanoseconds)) \(civil.zone)"
    }

    /// `13:06:49.637735`.
    func time(_ nanoseconds: Int64) -> String {
        let civil = CivilTime(nanoseconds)
        let clock = [civil.hour, civil.minute, civil.second].map { UTCTime.padded($0, to: 2) }
        return clock.joined(separator: ":") + "." + fraction(of: nanoseconds)
    }

    /// `13:06:49`.
    func second(_ nanoseconds: Int64) -> String { String(time(nanoseconds).prefix(8)) }

    /// `04-25 13:06:49`.
    func dayAndSecond(_ nanoseconds: Int64) -> String {
        let civil = CivilTime(nanoseconds)
        let date = [civil.month, civil.day].map { UTCTime.padded($0, to: 2) }.joined(separator: "-")
        return "\(date) \(second(nanoseconds))"
    }

    /// `+0.000090`, or `-0.000090` where the capture's clock went back.
    func delta(_ nanoseconds: Int64) -> String {
        let magnitude = Int64(clamping: nanoseconds.magnitude)
        let sign = nanoseconds < 0 ? "-" : "+"
        return "\(sign)\(magnitude / 1_000_000_000).\(fraction(of: magnitude))"
    }

    private func fraction(of nanoseconds: Int64) -> String {
        var rest = nanoseconds % 1_000_000_000
        if rest < 0 { rest += 1_000_000_000 }
        return UTCTime.padded(digits == 9 ? rest : rest / 1000, to: digits)
    }
}
