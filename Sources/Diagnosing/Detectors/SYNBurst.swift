import Tracking

/// Speaks when one four-tuple carries several different attempts to connect at the same time.
package struct SYNBurst: Detector {
    package static let manual = Manual(
        id: "syn-burst",
        title: "SYN burst on a reused port",
        group: .staleState,
        sees: """
            Two or more SYNs on one four-tuple with different initial sequence numbers, first sent at most 1 s \
            apart. The previous attempt is still open: not established, not reset, not refused by an ICMP error \
            about its SYN.
            """,
        means: """
            The client called connect() again on a port whose connect() was still under way. The server answers \
            the first SYN, the client waits for the answer to the last, and each side takes the other's segments \
            for old duplicates. If the ISNs follow one clock (64 ns a tick in Linux), one kernel made \
            independent connects.
            """,
        unless: """
            The same SYN again is a retransmission. A new ISN after a RST, an ICMP error, or more than a second \
            is a retry. A device that rewrites sequence numbers gives every SYN an ISN of its own, without a \
            clock. In a capture behind a NAT, two hosts may share one port.
            """,
        check: """
            Who owns the port on the client (ss -tanp), its kernel version, whether NFS or another program with \
            reserved ports reconnects there, and whether two sockets bind the same port (SO_REUSEPORT).
            """,
        elsewhere: """
            Wireshark: TCP Port numbers reused. Suricata: stream-event:3whs_syn_resend_diff_seq_on_syn_recv. \
            Zeek: SYN_seq_jump.
            """,
        sources: [
            .rfc(9293, section: "3.4.1"), .rfc(9293, section: "3.5"), .rfc(6056, section: "3"),
            .page("Red Hat solution 3031391, RHSA-2017:1723"),
        ],
        example: Exchange(from: "192.0.2.10:705", to: "198.51.100.20:2049") {
            client.syn(seq: 2301595334, win: 14480, tsecr: 1300375205).flagged
            pause(.microseconds(90))
            client.syn(seq: 4241129203, win: 14600).flagged
            pause(.microseconds(61))
            client.syn(seq: 4241130150, win: 14600).flagged
            server.synAck(seq: 1488229741, ack: 2301595335)
        },
        nearMiss: Exchange(from: "192.0.2.10:800", to: "198.51.100.20:111") {
            client.syn(seq: 359312422)
            pause(.milliseconds(1024))
            client.syn(seq: 359312422)
            pause(.milliseconds(482))
            client.syn(seq: 382850654)
            server.synAck(seq: 700, ack: 382850655)
            client.ack(seq: 382850655, ack: 701)
        }
    )

    /// So close together no application retries, in nanoseconds.
    private static let strongGap: Int64 = 10_000_000

    package static let needs: Signals? = [.severalAttempts]

    package static func blame(for finding: Finding) -> [FaultSide] {
        [.client]
    }

    package init() {}

    package func examine(_ history: History) -> Finding? {
        let bursts = history.incarnations.flatMap { history.bursts(of: $0) }
        guard let largest = bursts.max(by: { $0.attempts.count < $1.attempts.count }),
            let incarnation = bursts.last?.incarnation
        else { return nil }
        let attempts = bursts.flatMap(\.attempts)
        let clocked = bursts.contains { !$0.clockedGaps(in: history).isEmpty }
        let isStrong = bursts.contains { $0.isStrong(in: history, within: Self.strongGap) }
        return finding(
            in: history,
            incarnation: incarnation,
            severity: history.severity(of: incarnation),
            confidence: isStrong ? .high : .medium,
            count: bursts.count,
            events: attempts.map(\.first),
            note: { "SYN \(attempts[$0].ordinal)" },
            metrics: metrics(of: bursts, largest: largest, clocked: clocked, in: history),
            causes: causes(clocked: clocked, in: history),
            checks: checks(in: history),
            summary: summary(of: bursts, largest: largest, in: history),
            explanation: explanation(of: largest, in: history)
        )
    }

    package static func summary(of many: Finding) -> String {
        "\(many.source) opened each of \(many.flows) connections to \(many.destination) several times within a moment, from the same port."
    }

    private func summary(of bursts: [Burst], largest: Burst, in history: History) -> String {
        let from = history.initiator
        let to = history.responder
        if bursts.count == 1 {
            return """
                \(from.address) opened the same connection to \(to) \(Wording.times(largest.attempts.count)) \
                within \(Wording.duration(largest.span(in: history))), each time from port \(from.port) with a new \
                sequence number.
                """
        }
        return """
            \(from.address) opened the same connection to \(to) \(Wording.times(largest.attempts.count)) \
            within \(Wording.duration(largest.span(in: history))), each time from port \(from.port) with a \
            new sequence number; \(bursts.count) bursts in all.
            """
    }

    private func explanation(of burst: Burst, in history: History) -> String {
        let clocked = burst.clockedGaps(in: history)
        var sentences = [
            "\(burst.attempts.count) SYNs in \(Wording.duration(burst.span(in: history)))."
        ]
        if let first = clocked.first {
            let predicted = clocked.map { Wording.duration($0.byClock) }
            sentences.append(
                """
                The ISNs of SYN \(Wording.list(([first.former] + clocked.map(\.next)).map(String.init))) fit calls of connect() \
                on one Linux host, \(Wording.list(predicted)) apart, so no NAT joined several hosts.
                """
            )
        } else if let step = burst.constantStep {
            sentences.append(
                "Each ISN is \(step) above the one before: the same socket was disconnected and connected again."
            )
        }
        let first = history.events[burst.attempts[0].first]
        if first.hasTimestamps, first.timestampEcho != 0 {
            sentences.append(
                """
                SYN \(burst.attempts[0].ordinal) carries TSecr=\(first.timestampEcho), a timestamp of an earlier \
                connection.
                """
            )
        }
        return sentences.joined(separator: " ")
    }

    private func metrics(
        of bursts: [Burst],
        largest: Burst,
        clocked: Bool,
        in history: History
    ) -> [Metric] {
        let syns = bursts.flatMap(\.attempts).map { history.events[$0.first] }
        return [
            Metric("bursts", bursts.count),
            Metric("burst_syns", largest.attempts.count),
            Metric("burst_us", nanoseconds: largest.span(in: history)),
            Metric("isn_clock", clocked),
            Metric("isns", history.incarnations.reduce(0) { $0 + $1.attempts.count }),
            Metric("syns", syns.isEmpty ? 0 : history.sendings),
            Metric("source_port", Int(history.initiator.port)),
            Metric("syn_window", syns.map { Int($0.window) }.max() ?? 0),
            Metric("first_tsecr", Int(syns.first?.timestampEcho ?? 0)),
            Metric("established", history.isEverEstablished),
        ]
    }

    private func causes(clocked: Bool, in history: History) -> [String] {
        let isReserved = history.initiator.port < 1024
        return (isReserved ? ["sunrpc-connect-race"] : []) + ["port-shared-by-two-sockets"]
            + (clocked ? [] : ["isn-rewriting-device", "two-hosts-behind-one-nat"])
    }

    private func checks(in history: History) -> [Check] {
        let host = history.initiator.address.description
        let port = history.initiator.port
        return [
            Check(
                on: host,
                "ss -tanp sport = :\(port)",
                "While it happens: which process owns port \(port)? None means the kernel, as for NFS."
            )
        ]
    }
}
