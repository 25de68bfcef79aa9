import Tracking

/// Speaks when a listener resets its connections all at once, and then refuses the next.
package struct ListenerCrash: Detector {
    package static let manual = Manual(
        id: "listener-crash",
        title: "listener crashed",
        group: .ending,
        sees: """
            One listener resets three or more established connections within 100 ms, and refuses the next SYN \
            within 5 s.
            """,
        means: """
            The process behind the port ended: it crashed, was killed or restarted. Its kernel resets every \
            connection with unread data, and refuses new ones until a process listens again. The last packets \
            before the RSTs may be what killed it.
            """,
        unless: """
            A load balancer that drains, or a firewall that loses its connection table, also resets many \
            connections, but the next SYN is answered.
            """,
        check: """
            The journal, dmesg and core dumps of the server at that instant; then what the connections received \
            last before it.
            """,
        sources: [.rfc(9293, section: "3.5.2")],
        example: Exchange(to: "198.51.100.20:443") {
            for port: UInt16 in 40_001...40_003 {
                client.syn(seq: 1000).between(clientPort: port)
                server.synAck(seq: 5000, ack: 1001).between(clientPort: port)
                client.ack(seq: 1001, ack: 5001).between(clientPort: port)
                client.data(seq: 1001, ack: 5001, length: 200).between(clientPort: port)
                server.data(seq: 5001, ack: 1201, length: 200).between(clientPort: port)
                client.ack(seq: 1201, ack: 5201).between(clientPort: port)
            }
            pause(.seconds(3))
            for port: UInt16 in 40_001...40_003 {
                server.reset(seq: 5201, ack: 1201).between(clientPort: port).flagged
            }
            pause(.milliseconds(400))
            client.syn(seq: 9000).between(clientPort: 40_004)
            server.rstAck(ack: 9001).between(clientPort: 40_004).flagged
        },
        nearMiss: Exchange(to: "198.51.100.20:443") {
            for port: UInt16 in 40_001...40_003 {
                client.syn(seq: 1000).between(clientPort: port)
                server.synAck(seq: 5000, ack: 1001).between(clientPort: port)
                client.ack(seq: 1001, ack: 5001).between(clientPort: port)
                client.data(seq: 1001, ack: 5001, length: 200).between(clientPort: port)
                server.data(seq: 5001, ack: 1201, length: 200).between(clientPort: port)
                client.ack(seq: 1201, ack: 5201).between(clientPort: port)
            }
            pause(.seconds(3))
            for port: UInt16 in 40_001...40_003 {
                server.reset(seq: 5201, ack: 1201).between(clientPort: port)
            }
            pause(.milliseconds(400))
            client.syn(seq: 9000).between(clientPort: 40_004)
            server.synAck(seq: 7000, ack: 9001).between(clientPort: 40_004)
            client.ack(seq: 9001, ack: 7001).between(clientPort: 40_004)
        }
    )

    package static let needs: Signals? = nil

    package static func blame(for finding: Finding) -> [FaultSide] {
        [.server]
    }

    package init() {}

    package func examine(_ survey: Survey) -> [Finding] {
        survey.aggregates.massResets.all.compactMap { finding(on: $0, in: survey) }
    }

    private func finding(on massReset: MassResets.MassReset, in survey: Survey) -> Finding? {
        guard let first = massReset.resets.first?.event, let last = massReset.resets.last?.event,
            let refusal = massReset.refusal
        else { return nil }
        let initiators = Set(massReset.resets.map(\.initiator.address))
        let service = massReset.service
        let delay = Wording.duration(refusal.event.time - last.time)
        let packets = massReset.resets + [refusal]
        return finding(
            in: survey,
            severity: .error,
            confidence: .high,
            status: .likely,
            subject: Subject(
                initiator: initiators.count == 1 ? initiators.first : nil,
                responder: service.address,
                responderPort: service.port,
                encapsulation: first.encapsulation
            ),
            summary: """
                \(service) reset \(massReset.count) established connections within \
                \(Wording.duration(last.time - first.time)) and refused the next SYN \(delay) later: its process died.
                """,
            explanation: """
                The first RST is packet \(first.packet), the refusal packet \(refusal.event.packet). What \(service.address) \
                received just before packet \(first.packet) is the suspect.
                """,
            count: massReset.count,
            flows: massReset.count,
            headline: "The server process of \(service) died",
            metrics: [
                Metric("resets", massReset.count),
                Metric("span_us", nanoseconds: last.time - first.time),
                Metric("refused_after_us", nanoseconds: refusal.event.time - last.time),
                Metric("destination_port", Int(service.port)),
            ],
            evidence: packets.map { packet in
                Evidence(
                    event: packet.event,
                    isFromInitiator: false,
                    ends: Evidence.Ends(source: service, destination: packet.initiator),
                    errorSender: .other,
                    note: packet.event.packet == refusal.event.packet
                        ? "nothing listens any more" : "ends an established connection"
                )
            },
            causes: ["process-crashed", "process-killed", "service-restarted"],
            checks: [
                Check(
                    on: service.address.description,
                    "journalctl --since '1 minute ago'; coredumpctl list",
                    "Names the process that ended at that instant."
                )
            ],
            firstSeen: first.time,
            lastSeen: refusal.event.time,
            isEstablished: false
        )
    }
}
