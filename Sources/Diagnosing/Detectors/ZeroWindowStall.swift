import Tracking

/// Speaks when an end does not read, so that the other one has to wait with what it wants to send.
package struct ZeroWindowStall: Detector {
    package static let manual = Manual(
        id: "zero-window-stall",
        title: "receiver does not read",
        group: .standstill,
        sees: """
            An end announces a receive window of 0 for 3 s or more while the other one probes it, sends again or wants to \
            close. Or for 1 s or more, if the other end then resets the connection.
            """,
        means: """
            The application at the end with the closed window does not read: it is stuck, stopped, busy, or waits for \
            something else. Its receive buffer is full, so that the sender has to wait. Servers give up after their send \
            timeout.
            """,
        unless: """
            A receiver that is merely slower than the network closes its window for fractions of a second, again and \
            again. A lost window update looks alike, but the sender's next probe brings it.
            """,
        check: """
            On the host with the closed window: ss -tnpm shows a full Recv-Q and the process. See what that waits for.
            """,
        sources: [.rfc(9293, section: "3.8.6.1"), .rfc(1122, section: "4.2.2.17")],
        followsFrom: ["port-reuse"],
        example: Exchange(to: "198.51.100.20:80") {
            ScriptOpening.tcp
            client.data([UInt8](repeating: 46, count: 80))
            server.data([UInt8](repeating: 46, count: 1400))
            client.ack(seq: 1081, ack: 6401).window(0)
            server.ack(seq: 6400, ack: 1081).after(.milliseconds(300))
            client.ack(seq: 1081, ack: 6401).window(0)
            for wait in [800, 1600, 3200] {
                server.ack(seq: 6400, ack: 1081).after(.milliseconds(wait))
                client.ack(seq: 1081, ack: 6401).window(0).flagged
            }
            server.reset(seq: 6401, ack: 1081).after(.milliseconds(500)).flagged
        },
        nearMiss: Exchange(to: "198.51.100.20:80") {
            ScriptOpening.tcp
            client.data([UInt8](repeating: 46, count: 80))
            server.data([UInt8](repeating: 46, count: 1400))
            client.ack(seq: 1081, ack: 6401).window(0)
            for wait in [200, 400, 800] {
                server.ack(seq: 6400, ack: 1081).after(.milliseconds(wait))
                client.ack(seq: 1081, ack: 6401).window(0)
            }
            client.ack(seq: 1081, ack: 6401).after(.milliseconds(100))
            server.data([UInt8](repeating: 46, count: 1400))
            client.fin()
            server.fin()
            client.ack()
        }
    )

    /// Whoever resets after this time without room gave up waiting, in nanoseconds.
    private static let leastWait: Int64 = 1_000_000_000
    /// A window that opens again by then was only slow, in nanoseconds.
    private static let slow: Int64 = 10_000_000_000
    /// More than the rounding of any window scale, in bytes (RFC 7323 §2.3).
    private static let mostRounding: Int32 = 1 << 14

    package static let needs: Signals? = [.stall]

    package static func blame(for finding: Finding) -> [FaultSide] {
        finding.party("receiver").map { [$0] } ?? []
    }

    package init() {}

    package func examine(_ history: History) -> Finding? {
        let stalls = history.allEndings.flatMap { ending in
            [Side.low, .high].compactMap { stall(of: $0, in: ending, history) }
        }
        return stalls.max { $0.severity < $1.severity || $0.duration < $1.duration }
            .map { finding(for: $0, in: history) }
    }

    package static func summary(of many: Finding) -> String {
        "On \(many.flows) connections from \(many.source) to \(many.destination) an end did not read."
    }

    private func stall(of side: Side, in ending: Ending, _ history: History) -> Stalled? {
        guard let stall = ending.stream.stall else { return nil }
        let threshold = history.capture.thresholds.closedWindow
        if let closure = stall[side].closure, closure.asked > 0 {
            let reset = ending.resets.first { history.events[$0].time >= closure.begin }
            let end = reset.map { history.events[$0].time } ?? ending.stream.time
            let isGivenUp = reset.map { history.events[$0].side != side } ?? false
            let least = isGivenUp ? Self.leastWait : threshold
            if end - closure.begin >= least {
                let outcome: Outcome = reset == nil ? .open : isGivenUp ? .givenUp : .reset
                return Stalled(ending, side, closure, until: end, outcome, reset)
            }
        }
        guard let closure = stall[side].longest, closure.end - closure.begin >= threshold else {
            return nil
        }
        return Stalled(ending, side, closure, until: closure.end, .reopened, nil)
    }

    private func finding(for stalled: Stalled, in history: History) -> Finding {
        let (closure, side) = (stalled.closure, stalled.side)
        let (role, receiver, sender) = history.direction(from: side)
        let events = proof(of: stalled, in: history)
        let port = history.responder.port
        return finding(
            in: history,
            incarnation: stalled.ending.incarnation,
            reason: stalled.outcome.rawValue,
            severity: stalled.severity,
            confidence: .high,
            status: stalled.outcome == .open ? .pending : .confirmed,
            count: 1,
            events: events,
            note: { note(on: events[$0], stalled, in: history) },
            metrics: [
                Metric("closed_us", nanoseconds: stalled.duration),
                Metric("requests", Int(closure.asked)),
                Metric("receiver", role),
                Metric("excess_octets", Int(max(0, closure.excess))),
                Metric("source_port", Int(history.initiator.port)),
                Metric("destination_port", Int(port)),
            ],
            causes: ["application-stuck", "process-stopped", "slow-reader"],
            checks: [
                Check(
                    on: receiver.description,
                    "ss -tnpm state all '( sport = :\(port) or dport = :\(port) )'",
                    "Is its Recv-Q full, and what does that process wait for?"
                )
            ],
            summary: """
                \(receiver) did not read from its connection with \(sender): its receive window stayed at 0 for \
                \(Wording.duration(stalled.duration))\(end(of: stalled, sender)).
                """,
            explanation: explanation(of: stalled, sender)
        )
    }

    private func end(of stalled: Stalled, _ sender: Address) -> String {
        switch stalled.outcome {
        case .reopened: ", then it opened again"
        case .open: ", up to the end of the capture"
        case .givenUp: ", until \(sender) reset the connection"
        case .reset: ", until it reset the connection itself"
        }
    }

    private func explanation(of stalled: Stalled, _ sender: Address) -> String {
        let closure = stalled.closure
        let asked = Wording.times(Int(closure.asked))
        let waiting =
            "Packet \(closure.packet) announces the closed window; \(sender) asked for room \(asked) after it."
        guard closure.excess >= Self.mostRounding else { return waiting }
        return """
            \(waiting) The window was taken back: \(closure.excess) bytes that had been sent within it lie outside now.
            """
    }

    /// What was kept of the time with the closed window, and what ended that.
    private func proof(of stalled: Stalled, in history: History) -> [Int] {
        let kept = stalled.ending.incarnation.events.filter { index in
            let event = history.events[index]
            let isWithin = event.packet > stalled.closure.packet && event.time <= stalled.end
            return isWithin && event.payloadLength <= 1 && event.kind != .rst && event.kind != .icmp
                && (event.side != stalled.side || event.window == 0
                    || event.packet == stalled.closure.reopening)
        }
        return kept + (stalled.reset.map { [$0] } ?? [])
    }

    private func note(on index: Int, _ stalled: Stalled, in history: History) -> String {
        let event = history.events[index]
        if event.kind == .rst { return "ends the connection, whose window was closed" }
        if event.packet == stalled.closure.reopening { return "opens the window again" }
        let wait = Wording.duration(event.time - stalled.closure.begin)
        return event.side == stalled.side
            ? "window still 0 after \(wait)" : "asks for room after \(wait)"
    }

    /// What became of a closed window.
    private enum Outcome: String {
        case reopened
        case open
        case givenUp = "given-up"
        case reset = "reset-by-receiver"
    }

    private struct Stalled {
        let ending: Ending
        /// Whose window was closed.
        let side: Side
        let closure: Stall.Closure
        let end: Int64
        let outcome: Outcome
        /// What ended the connection.
        let reset: Int?

        init(
            _ ending: Ending,
            _ side: Side,
            _ closure: Stall.Closure,
            until end: Int64,
            _ outcome: Outcome,
            _ reset: Int?
        ) {
            (self.ending, self.side, self.closure) = (ending, side, closure)
            (self.end, self.outcome, self.reset) = (end, outcome, reset)
        }

        var duration: Int64 { end - closure.begin }

        var severity: Severity {
            switch outcome {
            case .givenUp: .error
            case .reset: .warning
            case .reopened, .open: duration < ZeroWindowStall.slow ? .note : .warning
            }
        }
    }
}
