import Diagnosing
import Tracking

/// What the text says where there is no incident to tell of.
extension Report {
    /// One sentence or two: why there is none, as far as that can be known.
    var nothingFound: String {
        if tally.packets == 0 { return nothingRead }
        if tally.segments == 0 {
            return tally.unread(.encrypted) > 0
                ? "No readable TCP in this capture; some of it is encrypted.\n"
                : "No TCP in this capture.\n"
        }
        if isSelective { return "None of the selected pathologies was found.\n" }
        if tally.attempted == 0 {
            return
                "No connection begins in this capture; no known failure was found in those already running.\n"
        }
        let failed = tally.attempted - tally.completed
        if failed == 0 { return "Every connection was established; no known failure was found.\n" }
        let others = HandshakeOutcome.allCases.filter {
            ![.completed, .probed, .midstream].contains($0)
        }
        let kinds = others.filter { tally.outcome($0) > 0 }.map {
            "\(tally.outcome($0)) \($0.name)"
        }
        return """
            No known failure was found, but \(failed) of \(tally.attempted) connections were not established: \
            \(kinds.joined(separator: ", ")). --flows lists them.

            """
    }

    private var nothingRead: String {
        let packets = inputs.reduce(0) { $0 + Int($1.packets) }
        if packets > 0 {
            return """
                The filter matches none of \(Wording.count(packets, "packet")). \
                For frames with a VLAN tag it must begin with 'vlan and'.

                """
        }
        let isDamaged = inputs.contains { $0.damage != nil }
        return isDamaged ? "No packet could be read.\n" : "There is no packet in this capture.\n"
    }

    /// A line beside the incidents about the failures that none of them tells of.
    var failuresWithoutName: String? {
        switch unnamedFailures {
        case 0: nil
        case 1:
            "1 more connection was not established, without a known failure; --flows lists it."
        case let count:
            "\(count) more connections were not established, without a known failure; --flows lists them."
        }
    }
}
