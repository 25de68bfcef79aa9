/// When a file of events ends and the next one begins.
package enum Rotation: Hashable, Sendable {
    /// Before it would grow beyond so many octets.
    case size(Int64)
    /// With the first line of each period of so many seconds, counted from 1970.
    case period(Int64)

    /// Reads `100MB`, `64KiB`, `90s`, `15m`, `1h` or `7d`; `nil` where it is neither a size nor a
    /// time, or 0.
    package init?(_ text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int64(digits), number > 0 else { return nil }
        let unit = text.dropFirst(digits.count).lowercased()
        if let factor = Self.sizes[unit] {
            let (octets, isTooLarge) = number.multipliedReportingOverflow(by: factor)
            guard !isTooLarge else { return nil }
            self = .size(octets)
        } else if let factor = Self.times[unit] {
            let (seconds, isTooLong) = number.multipliedReportingOverflow(by: factor)
            guard !isTooLong else { return nil }
            self = .period(seconds)
        } else {
            return nil
        }
    }

    /// The number of the period that a second since 1970 lies in; always 0 for a file that is
    /// judged by its size.
    func period(of second: Int64) -> Int64 {
        guard case .period(let length) = self else { return 0 }
        return second / length
    }

    private static let sizes: [String: Int64] = [
        "kb": 1_000, "mb": 1_000_000, "gb": 1_000_000_000,
        "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30,
    ]
    private static let times: [String: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
}
