import Tracking

/// Speaks when a RST answers a SYN that nothing else had answered.
package struct ConnectionRefused: Detector {
    package static let manual = Manual(
        id: "connection-refused",
        title: "RST instead of a SYN-ACK",
        sees: """
            A RST with ACK acknowledges the SYN (its ISN + 1, and any data it carried), and the responder had \
            sent no SYN-ACK on the four-tuple before.
            """,
        means: """
            No socket listens on the port, the listen backlog of a Windows host is full, or a firewall answers \
            in the responder's place (REJECT with tcp-reset). The SYN reached whoever answered.
            """,
        unless: """
            After a SYN-ACK on the same four-tuple the same RST is the stack's answer to a second SYN within the \
            window of a half-open entry: part of a burst or a loop, not a closed port.
            """,
        check: """
            Whether the service listens on that address and port (ss -ltn), when it was restarted, and whether a \
            firewall rule with tcp-reset counts up. Compare the TTL of the RST with that of the host's other \
            packets.
            """,
        sources: [.rfc(9293, section: "3.10.7.1"), .rfc(9293, section: "3.5.2")],
        example: Exchange(to: "198.51.100.20:6379") {
            client.syn(seq: 3677241340)
            server.rstAck(ack: 3677241341).flagged
        },
        nearMiss: Exchange(to: "198.51.100.20:6379") {
            client.syn(seq: 3677241340)
            server.synAck(seq: 1365940280, ack: 3677241341)
            client.syn(seq: 3677245016)
            server.rstAck(ack: 3677245017)
            client.syn(seq: 3677248016)
            server.synAck(seq: 1365950280, ack: 3677248017)
            client.ack(seq: 3677248017, ack: 1365950281)
        }
    )

    package init() {}

    package func examine(_ history: History) -> Finding? {
        let refusals = history.resets().compactMap { reset -> Refusal? in
            guard case .refusesSyn(let ordinal) = reset.rule else { return nil }
            let attempt = history.life(of: reset.event).attempt(ordinal)
            guard let syn = attempt.sendings.last(where: { $0 < reset.event }) else { return nil }
            return Refusal(event: reset.event, syn: syn)
        }
        guard let first = refusals.first, let last = refusals.last else { return nil }
        let life = history.life(of: last.event)
        let delays = refusals.map { history.delay(from: $0.syn, to: $0.event) }
        return finding(
            in: history,
            life: life,
            severity: history.severity(of: life),
            confidence: .high,
            count: refusals.count,
            events: refusals.map(\.event),
            note: { note(on: refusals[$0], in: history) },
            metrics: [
                Metric("refused_syns", refusals.count),
                Metric("least_delay_us", nanoseconds: delays.min() ?? 0),
                Metric("most_delay_us", nanoseconds: delays.max() ?? 0),
                Metric("ttl", Int(history.events[first.event].timeToLive)),
                Metric("established", history.isEverEstablished),
            ],
            causes: ["nothing-listens", "backlog-full-on-windows", "firewall-tcp-reset"],
            checks: [
                Check(
                    on: history.responder.address.description,
                    "ss -ltn sport = :\(history.responder.port)",
                    "does anything listen on port \(history.responder.port)?"
                )
            ],
            summary: summary(of: refusals, in: history),
            explanation: explanation(of: first, delays: delays, in: history)
        )
    }

    package static func summary(of many: Finding) -> String {
        """
        \(many.destination) refused \(many.count) SYNs of \(many.flows) connections of \(many.source), each \
        with a RST.
        """
    }

    private func explanation(of first: Refusal, delays: [Int64], in history: History) -> String {
        let event = history.events[first.event]
        let time = Wording.range(delays.min() ?? 0, delays.max() ?? 0)
        let form = "The RST has Seq=\(event.sequence) and acknowledges the SYN, \(time) after it"
        guard event.sequence.rawValue == 0 else {
            return """
                \(form): Seq is not 0, so it does not come from a closed port. \(history.responder.address) still \
                holds another connection of that port, or a device on the way answers.
                """
        }
        return """
            \(form): nothing listens on port \(history.responder.port), or a firewall answers in place of \
            \(history.responder.address).
            """
    }

    private func note(on refusal: Refusal, in history: History) -> String {
        let delay = Wording.duration(history.delay(from: refusal.syn, to: refusal.event))
        return "refuses packet \(history.events[refusal.syn].packet), \(delay) after it"
    }

    private func summary(of refusals: [Refusal], in history: History) -> String {
        let from = history.initiator
        guard refusals.count > 1 else {
            return "\(history.responder) refused the connection of \(from.address) with a RST."
        }
        return """
            \(history.responder) refused \(refusals.count) attempts of \(from.address) from port \(from.port), \
            each with a RST.
            """
    }

    private struct Refusal {
        let event: Int
        let syn: Int
    }
}
