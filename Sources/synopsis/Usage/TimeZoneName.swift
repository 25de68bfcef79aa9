import Glibc

/// What `--time-zone` may name.
///
/// The C library takes what it does not know for UTC, and labels it with the name.
enum TimeZoneName {
    /// Where zones lie unless TZDIR says otherwise.
    private static let usualFolder = "/usr/share/zoneinfo"

    /// Whether the C library knows the zone, by its file or by the rule that the name itself gives.
    static func isKnown(_ name: String) -> Bool {
        if ["UTC", "GMT"].contains(name) || isRule(name) { return true }
        let path = name.hasPrefix(":") ? String(name.dropFirst()) : name
        guard !path.isEmpty else { return false }
        let folder = Output.environment("TZDIR") ?? usualFolder
        return isZoneFile(path.hasPrefix("/") ? path : "\(folder)/\(path)")
    }

    /// A rule as POSIX has it: `UTC0`, `EST5EDT`, `<+03>-3`, `CET-1CEST,M3.5.0,M10.5.0/3`.
    private static func isRule(_ name: String) -> Bool {
        let rule =
            #/(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>)[+-]?\d{1,2}(?::\d\d){0,2}(?:(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>)(?:[+-]?\d{1,2}(?::\d\d){0,2})?(?:,[JM0-9.\/:+-]+,[JM0-9.\/:+-]+)?)?/#
        return name.wholeMatch(of: rule) != nil
    }

    /// Whether a compiled zone (RFC 9636) lies at `path`.
    private static func isZoneFile(_ path: String) -> Bool {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var magic = [UInt8](repeating: 0, count: 4)
        return unsafe read(descriptor, &magic, 4) == 4 && magic == Array("TZif".utf8)
    }
}
