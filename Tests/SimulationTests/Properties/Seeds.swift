import Foundation
import Tracking

/// The seeds of a property: the first few, or the one that `SIMULATION_SEED` names.
///
/// `SIMULATION_TIMES` multiplies their number, for a long run.
enum Seeds {
    /// The seed to run alone, with the packets of its world printed if it fails.
    static let only = number(named: "SIMULATION_SEED")
    private static let times = number(named: "SIMULATION_TIMES") ?? 1

    static func first(_ count: UInt64) -> [UInt64] { only.map { [$0] } ?? Array(1...count * times) }

    private static func number(named name: String) -> UInt64? {
        ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
    }
}

extension World {
    /// The captured packets, one a line, where a single seed is run.
    var story: String {
        guard Seeds.only != nil, let begin = tap.passings.first?.time else { return "" }
        return tap.passings.enumerated().map { index, passing in
            let segment = passing.parcel.segment
            let microseconds = (passing.time - begin) / .microsecond
            let kind =
                switch passing.parcel.content {
                case .segment: ""
                case .error(let refusal, _, _):
                    "ICMP \(refusal.type)/\(refusal.code) of \(passing.parcel.source) about "
                }
            return """

                \(index + 1) \(microseconds) \(kind)\(segment.source) > \(segment.destination) \
                [\(segment.flags)] Seq=\(segment.sequence) Ack=\(segment.acknowledgment) \
                Len=\(segment.length) TSval=\(segment.timestamps?.value ?? 0) \
                TSecr=\(segment.timestamps?.echo ?? 0) id=\(passing.parcel.identification)
                """
        }.joined()
    }
}
