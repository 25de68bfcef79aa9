/// What the resets of one service have in common: whether its process dies, and of which message.
extension Tracker {
    /// Takes down what a RST says of its reason.
    @inline(never)
    mutating func noteReason(of segment: borrowing FlowSegment) {
        if let reason = ResetReason(of: segment) {
            flows.resetReasons.note(reason, of: segment.number)
        }
    }

    /// Connections that a dying process takes along are reset within this time, in nanoseconds.
    private static let massResetWindow: Int64 = 100_000_000

    /// One connection that its responder reset.
    private struct ServiceReset {
        let index: Int
        let position: Int
        let time: Int64
        /// The initiator's last message, where the responder had not yet sent application data.
        let message: TLSMessage?
    }

    mutating func compareResets() {
        compareDepartures()
        var resets: [Endpoint: [ServiceReset]] = [:]
        for (index, list) in streams.summaries {
            for position in list.indices {
                guard let reset = reset(of: list[position], at: position, of: index) else {
                    continue
                }
                resets[flows.table[index].responder, default: []].append(reset)
            }
        }
        for (_, unsorted) in resets {
            let all = unsorted.sorted { $0.time < $1.time }
            let messages = Dictionary(grouping: all.compactMap(\.message)) { $0 }
            var (low, high) = (0, 0)
            for reset in all {
                while all[low].time < reset.time - Self.massResetWindow { low += 1 }
                while high < all.count, all[high].time <= reset.time + Self.massResetWindow {
                    high += 1
                }
                let alike = reset.message.flatMap { messages[$0]?.count } ?? 0
                streams.summaries[reset.index]?[reset.position].resetsAlike = alike
                streams.summaries[reset.index]?[reset.position].resetsAtOnce = high - low
            }
        }
    }

    /// Counts the TLS handshakes that one host closes at once, whoever the servers are: what
    /// somebody stops who loads no more.
    private mutating func compareDepartures() {
        var departures: [Address: [(index: Int, position: Int, time: Int64)]] = [:]
        for (index, list) in streams.summaries {
            for position in list.indices {
                guard let time = departure(in: list[position], of: index) else { continue }
                let host = flows.table[index].key[flows.table[index].initiator].address
                departures[host, default: []].append((index, position, time))
            }
        }
        for unsorted in departures.values where unsorted.count > 1 {
            let all = unsorted.sorted { $0.time < $1.time }
            var (low, high) = (0, 0)
            for departure in all {
                while all[low].time < departure.time - Self.massResetWindow { low += 1 }
                while high < all.count, all[high].time <= departure.time + Self.massResetWindow {
                    high += 1
                }
                streams.summaries[departure.index]?[departure.position].closesAtOnce = high - low
            }
        }
    }

    /// When its client ended a TLS session that had not come up; `nil` where it did not.
    private borrowing func departure(in stream: StreamSummary, of index: Int) -> Int64? {
        guard let tls = stream.tls, !tls.isComplete, stream.endBegin != nil else { return nil }
        let end = flows.eventLogs.events(on: flows.table[index].eventLog).first {
            $0.incarnation == stream.incarnation && ($0.kind == .rst || $0.kind == .fin)
        }
        return end.flatMap { $0.side == tls.client ? $0.time : nil }
    }

    private borrowing func reset(
        of stream: StreamSummary,
        at position: Int,
        of index: Int
    ) -> ServiceReset? {
        let responder = flows.table[index].initiator.other
        let events = flows.eventLogs.events(on: flows.table[index].eventLog)
        let end = events.first {
            $0.incarnation == stream.incarnation && ($0.kind == .rst || $0.kind == .fin)
        }
        guard let end, end.kind == .rst, end.side == responder else { return nil }
        var message: TLSMessage?
        if let tls = stream.tls, tls[responder].dataRecords == 0 {
            message = tls[responder.other].lastMessage
        }
        return ServiceReset(index: index, position: position, time: end.time, message: message)
    }
}
