import Tracking

/// A number that detectors judge by, and that a configuration can set.
package struct Threshold: Sendable {
    /// What it counts.
    package enum Unit: Sendable {
        /// In nanoseconds; written as `500 ms`, `10 s`, `5 min` or `1 h`.
        case time
        case count
    }

    /// As in a configuration: the pathology, and what is meant of it where there are several.
    package let name: String
    /// The id of the pathology that is judged.
    package let pathology: String
    package let unit: Unit
    /// What it can be set to: lower values would be noise, or take packets that are not kept.
    package let range: ClosedRange<Int64>
    /// What is beyond it.
    package let meaning: String
    private let path: any WritableKeyPath<Thresholds, Int64> & Sendable

    private init(
        _ name: String,
        of pathology: String? = nil,
        _ unit: Unit,
        _ range: ClosedRange<Int64>,
        _ path: any WritableKeyPath<Thresholds, Int64> & Sendable,
        _ meaning: String
    ) {
        self.name = name
        self.pathology = pathology ?? name
        self.unit = unit
        self.range = range
        self.path = path
        self.meaning = meaning
    }

    /// All of them, in reading order.
    package static let all: [Threshold] = [
        Threshold(
            "slow-handshake",
            .time,
            millisecond...minute,
            \.slowHandshake,
            "A handshake without loss that took longer is slow, if others with the same server were faster."
        ),
        Threshold(
            "unanswered-request",
            .time,
            Signal.answerTimeout...hour,
            \.unansweredRequest,
            "A request that waits this long for an answer is reported."
        ),
        Threshold(
            "unanswered-request-given-up",
            of: "unanswered-request",
            .time,
            Signal.answerTimeout...hour,
            \.abandonedRequest,
            "The same, if the client then closed the connection."
        ),
        Threshold(
            "silent-connection",
            .time,
            Signal.answerTimeout...day,
            \.silentConnection,
            "A connection without data for this long is reported."
        ),
        Threshold(
            "half-close-stall",
            .time,
            2 * Signal.answerTimeout...day,
            \.halfClose,
            "After a FIN, the other end may take this long, or half as long at the end of the capture."
        ),
        Threshold(
            "zero-window-stall",
            .time,
            Stall.longClosure...hour,
            \.closedWindow,
            "A receive window closed for this long is reported; 1 s is enough if the sender gave up."
        ),
        Threshold(
            "reconnect-loop",
            .count,
            3...1000,
            \.reconnects,
            "This many connections within a minute are a loop."
        ),
        Threshold(
            "port-scan-ports",
            of: "port-scan",
            .count,
            5...4096,
            \.scannedPorts,
            "This many ports of one host within 10 s are a scan."
        ),
        Threshold(
            "port-scan-hosts",
            of: "port-scan",
            .count,
            5...4096,
            \.scannedHosts,
            "This many hosts within 10 s, or slowly within 10 min, are a scan."
        ),
        Threshold(
            "syn-flood",
            .count,
            200...10_000_000,
            \.floodRate,
            "This many attempts to connect within a second may be a flood."
        ),
    ]

    private static let millisecond: Int64 = 1_000_000
    private static let second = 1000 * millisecond
    private static let minute = 60 * second
    private static let hour = 60 * minute
    private static let day = 24 * hour
    private static let units: [Substring: Int64] = [
        "ms": millisecond, "s": second, "min": minute, "h": hour,
    ]

    /// What it is unless a configuration sets it.
    package var standard: Int64 { self[Thresholds()] }

    package subscript(thresholds: Thresholds) -> Int64 { thresholds[keyPath: path] }

    /// Sets it.
    ///
    /// - Returns: whether the value is in its range.
    package func set(_ value: Int64, in thresholds: inout Thresholds) -> Bool {
        guard range.contains(value) else { return false }
        thresholds[keyPath: path] = value
        return true
    }

    /// Reads `500 ms`, `1.5 s`, `5 min` or `1 h` in nanoseconds; `nil` where it is no such time.
    package static func time(_ text: String) -> Int64? {
        guard let match = text.wholeMatch(of: /(\d{1,9})(?:\.(\d{1,3}))?\s*(ms|s|min|h)/),
            let whole = Int64(match.1), let unit = units[match.3]
        else { return nil }
        let fraction = (match.2 ?? "").prefix(3)
        let thousandths = Int64(fraction + String(repeating: "0", count: 3 - fraction.count)) ?? 0
        return whole * unit + thousandths * (unit / 1000)
    }

    /// A value as a configuration has it, without quotation marks: `500 ms`, `20`.
    package func text(_ value: Int64) -> String {
        guard unit == .time else { return String(value) }
        let (name, length) =
            Self.units.filter { value % $0.value == 0 }.max { $0.value < $1.value }
            ?? ("ms", Self.millisecond)
        return "\(value / length) \(name)"
    }
}
