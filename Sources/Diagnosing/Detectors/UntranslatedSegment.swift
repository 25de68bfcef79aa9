import Tracking

/// Speaks when a segment of a connection comes with another address in the place of one end.
package struct UntranslatedSegment: Detector {
    package static let manual = Manual(
        id: "untranslated-segment",
        title: "untranslated segment",
        group: .staleState,
        sees: """
            A segment belongs to a four-tuple of which no SYN was captured. It has the ports of another connection of one \
            of its two hosts, and goes on with that connection's sequence and acknowledgment numbers.
            """,
        means: """
            An address translation on the way no longer knows the connection, or calls the segment INVALID, and passes it \
            as it is. Its receiver has no such connection and resets it, while the real connection waits.
            """,
        unless: """
            Ports that agree by chance have other numbers. A capture on both sides of a translation shows both copies of \
            every segment from the SYN on.
            """,
        check: """
            On the translating device: does conntrack -E show the end of the entry, and does conntrack -S count invalid? \
            Compare its idle limits with the silence before the segment.
            """,
        sources: [
            .rfc(5382, section: "5"),
            .page("Linux, nf_conntrack-sysctl: nf_conntrack_tcp_be_liberal"),
        ],
        example: Exchange(to: "198.51.100.20:7800") {
            ScriptOpening.tcp
            client.data([UInt8](repeating: 46, count: 80))
            server.data([UInt8](repeating: 46, count: 80))
            client.ack()
            server.data(seq: 5081, ack: 1081, length: 40).between(server: "10.1.2.3")
                .after(.seconds(20)).flagged
        },
        nearMiss: Exchange(to: "198.51.100.20:7800") {
            ScriptOpening.tcp
            client.data([UInt8](repeating: 46, count: 80))
            server.data([UInt8](repeating: 46, count: 80))
            client.ack()
            server.data(seq: 905_081, ack: 801_081, length: 40).between(server: "10.1.2.3")
                .after(.seconds(20))
        }
    )

    package static let needs: Signals? = nil

    package static func blame(for finding: Finding) -> [FaultSide] { [.network] }

    package init() {}

    package func examine(_ survey: Survey) -> [Finding] {
        let strays = survey.aggregates.untranslated.all
        return Dictionary(grouping: strays) { Connection(of: $0) }
            .sorted { $0.value[0].event.packet < $1.value[0].event.packet }
            .map { finding(on: $0.value, in: survey) }
    }

    private func finding(on strays: [UntranslatedSegments.Stray], in survey: Survey) -> Finding {
        let first = strays[0]
        let wrong =
            [first.initiator.address, first.responder.address].contains(first.source.address)
            ? first.destination : first.source
        let right = wrong.port == first.responder.port ? first.responder : first.initiator
        let silence = first.event.time - first.lastTime
        let event = first.event
        return finding(
            in: survey,
            severity: .warning,
            confidence: .high,
            status: .likely,
            subject: Subject(
                initiator: first.initiator.address,
                initiatorPort: first.initiator.port,
                responder: first.responder.address,
                responderPort: first.responder.port,
                encapsulation: event.encapsulation
            ),
            summary: """
                Packet \(event.packet), from \(first.source) to \(first.destination), belongs to the connection of \
                \(first.initiator) to \(first.responder): it was not translated.
                """,
            explanation: """
                It has that connection's ports and goes on with its numbers (Seq=\(event.sequence) \
                Ack=\(event.acknowledgment)), but \(wrong.address) is in the place of \(right.address). \
                The packet before it is \(Wording.duration(silence)) older.
                """,
            count: strays.count,
            speaksForAll: false,
            metrics: [
                Metric("silence_us", nanoseconds: silence),
                Metric("instead_of", right.address.description),
                Metric("address", wrong.address.description),
                Metric("source_port", Int(first.initiator.port)),
                Metric("destination_port", Int(first.responder.port)),
            ],
            evidence: evidence(of: strays),
            causes: ["translation-forgotten", "conntrack-invalid", "failover-without-state"],
            checks: [
                Check(
                    on: nil,
                    "conntrack -E -p tcp --orig-port-src \(first.initiator.port); conntrack -S",
                    "On the translating device: is the entry gone, or the segment INVALID?"
                )
            ],
            firstSeen: event.time,
            lastSeen: strays.map(\.event.time).max() ?? event.time,
            isEstablished: true
        )
    }

    private func evidence(of strays: [UntranslatedSegments.Stray]) -> [Evidence] {
        strays.map { stray in
            Evidence(
                event: stray.event,
                isFromInitiator: stray.source.port == stray.initiator.port,
                ends: Evidence.Ends(source: stray.source, destination: stray.destination),
                errorSender: .other,
                note: "goes on with the numbers of another connection"
            )
        }
    }

    /// Whose segments they are.
    private struct Connection: Hashable {
        let initiator: Endpoint
        let responder: Endpoint

        init(of stray: UntranslatedSegments.Stray) {
            (initiator, responder) = (stray.initiator, stray.responder)
        }
    }
}
