import Diagnosing
import Tracking

/// What stands above all incidents: what was read, from where, and what it holds.
extension ShownReport {
    /// Show at most this many characters of a file's name.
    private static let nameLimit = 60

    /// The last part of a path, as it may be shown.
    func baseName(_ path: String) -> String {
        if path == "-" { return "standard input" }
        let name = ShownText(foreign: String(path.split(separator: "/").last ?? Substring(path)))
            .text
        guard name.count > Self.nameLimit else { return name }
        return "\(name.prefix(Self.nameLimit * 2 / 3))…\(name.suffix(Self.nameLimit / 3 - 1))"
    }

    /// The name of the only input; `nil` where there are several.
    var name: String? { report.inputs.count == 1 ? baseName(report.inputs[0].name) : nil }

    /// Each of several inputs, with the numbers that its packets have here.
    var inputs: [(name: String, numbers: String)] {
        report.inputs.count == 1
            ? [] : report.inputs.map { (baseName($0.name), Self.numbers(of: $0)) }
    }

    private static func numbers(of input: InputSummary) -> String {
        guard let numbers = input.numbers else { return "no packets" }
        let (first, last) = (numbers.lowerBound, numbers.upperBound)
        if first == last { return "packet \(first)" }
        if last - first < input.lastNumber { return "packets \(first) to \(last)" }
        let count = Wording.count(Int(clamping: input.packets), "packet")
        return "\(count) between \(first) and \(last), merged by time"
    }

    /// How much was read, and from when.
    var volume: String {
        let packets = Wording.count(Int(report.tally.packets), "packet")
        guard let window = report.tally.window else { return packets }
        return
            "\(packets) in \(Self.seconds(window.last - window.first)) s from \(clock.dateAndTime(window.first))"
    }

    /// Three digits behind the point.
    private static func seconds(_ nanoseconds: Int64) -> String {
        let milliseconds = (nanoseconds + 500_000) / 1_000_000
        return "\(milliseconds / 1000).\(UTCTime.padded(milliseconds % 1000, to: 3))"
    }

    /// Where the capture was made, if the flows of the first incident tell.
    var vantage: String? {
        guard let history = report.incidents.first?.histories.first else { return nil }
        let viewpoint = history.viewpoint
        let sign = "(\(viewpoint.sign); confidence \(viewpoint.confidence.rawValue))"
        switch viewpoint.vantage {
        case .client:
            return isEndOfAll(history.initiator.address, viewpoint)
                ? "captured at \(history.initiator.address) \(sign)" : nil
        case .server:
            return isEndOfAll(history.responder.address, viewpoint)
                ? "captured at \(history.responder.address) \(sign)" : nil
        case .middle: return "captured on the path \(sign)"
        case .unknown: return nil
        }
    }

    /// Whether a host clearly made the capture, and is an end of all connections that are shown.
    private func isEndOfAll(_ host: Address, _ viewpoint: Viewpoint) -> Bool {
        viewpoint.confidence == .high
            && report.incidents.allSatisfy { incident in
                incident.histories.allSatisfy {
                    $0.initiator.address == host || $0.responder.address == host
                }
            }
    }

    /// How many connections there were.
    var connections: String {
        let tally = report.tally
        let attempted = Wording.count(Int(tally.attempted), "connection") + " attempted"
        let established = "\(tally.completed) established"
        let alive = tally.outcome(.midstream)
        let running = alive > 0 ? ", \(alive) already running" : ""
        return "\(attempted), \(established)\(running)"
    }

    /// How many incidents there are, of which severities.
    var severities: String {
        let severities = Severity.allCases.reversed().compactMap { severity in
            let count = report.incidents.count { $0.severity == severity }
            return count > 0 ? Wording.count(count, severity.name) : nil
        }
        let incidents = Wording.count(report.incidents.count, "incident")
        return severities.isEmpty
            ? "no incident" : "\(incidents): \(severities.joined(separator: ", "))"
    }

    /// Sentences on what the incidents leave out: what was not analysed, and failures without a
    /// name.
    var remainders: [String] {
        let nameless = report.incidents.isEmpty ? nil : report.failuresWithoutName
        return [remainder, nameless].compactMap(\.self)
    }
}
