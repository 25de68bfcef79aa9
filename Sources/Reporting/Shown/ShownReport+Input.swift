import Diagnosing
import Tracking

/// What is said of the input itself: packets that are not TCP, fragments, silence.
extension ShownReport {
    /// Shorter silences are not worth a word, in nanoseconds.
    private static let leastSilence: Int64 = 10_000_000_000
    /// Fewer packets do not show how many should come in a second.
    private static let leastPackets: UInt64 = 1000
    /// A silence is reported if at least this many packets would have come in it.
    private static let expectedPackets: Int64 = 1000

    /// One line on what was not analysed and why; `nil` where there is nothing to say.
    var remainder: String? {
        let parts = [unread, filtered, joined, silence].compactMap(\.self)
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }

    private var unread: String? {
        let isOne = report.tally.unread(.notTCP) == 1
        let words: [(UnreadReason, String)] = [
            (.notTCP, isOne ? "of another protocol" : "of other protocols"),
            (.incompleteFragment, "parts of incomplete datagrams"),
            (.cutShort, "cut short"), (.malformed, "malformed"),
            (.unknownLink, "of an unknown link type"), (.encrypted, "encrypted"),
            (.tooDeep, "in too many tunnels"),
        ]
        let parts = words.compactMap { reason, word in
            let count = report.tally.unread(reason)
            return count > 0 ? "\(count) \(word)" : nil
        }
        guard !parts.isEmpty else { return nil }
        let total = report.tally.unread.reduce(0, +)
        let packets = Wording.count(Int(total), "packet")
        let only = words.first { report.tally.unread($0.0) == total }
        if let only { return "\(packets) \(total == 1 ? "is" : "are") \(only.1)" }
        return "\(packets) not analysed: \(parts.joined(separator: ", "))"
    }

    /// What a filter left out, where the sequence numbers tell of it.
    private var filtered: String? {
        guard report.tally.isFiltered else { return nil }
        return
            "the capture is filtered: \(report.tally.hollowFlows) of \(report.tally.numberedFlows) closed connections lack the data they sent"
    }

    private var joined: String? {
        let count = report.tally.joinedFragments
        guard count > 0 else { return nil }
        return count == 1
            ? "1 IP fragment read with the one that completes it"
            : "\(count) IP fragments read with those that complete them"
    }

    private var silence: String? {
        let tally = report.tally
        guard let silence = tally.longestSilence, let window = tally.window,
            silence.duration >= Self.leastSilence, tally.packets >= Self.leastPackets
        else { return nil }
        let rest = max(0, window.last &- window.first &- silence.duration)
        guard rest / Int64(clamping: tally.packets) < silence.duration / Self.expectedPackets else {
            return nil
        }
        return
            "no packet for \(Wording.duration(silence.duration)) from \(clock.time(silence.begin))"
    }
}
