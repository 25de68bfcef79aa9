import Tracking

/// What ICMP errors tell of SYNs that were not captured, by who asked for what.
struct UncapturedRefusals {
    let initiator: Address
    let responder: Endpoint
    /// In order of capture; never empty.
    let all: [RefusedSYNs.Refusal]

    /// Who asks for more services is a scanner, or somebody asks in its name, and the errors come
    /// back to it.
    private static let mostServices = 8

    /// Those that a detector speaks of.
    static func all(
        in survey: Survey,
        where isWanted: (Event) -> Bool
    ) -> [UncapturedRefusals] {
        let wanted = survey.aggregates.refusedSYNs.all.filter { isWanted($0.event) }
        var found: [UncapturedRefusals] = []
        for (initiator, refusals) in Dictionary(grouping: wanted, by: \.initiator.address) {
            let services = Dictionary(grouping: refusals, by: \.responder)
            guard services.count <= mostServices else { continue }
            for (responder, some) in services {
                found.append(Self(initiator: initiator, responder: responder, all: some))
            }
        }
        return found.sorted { $0.all[0].event.packet < $1.all[0].event.packet }
    }

    var first: Event { all[0].event }
    var senders: [Address] { Set(all.map(\.event.icmpSender)).sorted() }

    private var sentBy: String {
        first.icmpSender == initiator
            ? "client" : first.icmpSender == responder.address ? "server" : "router"
    }

    /// One sentence: who refused what, how often, and by which error.
    var summary: String {
        let (who, whose) =
            switch sentBy {
            case "client": ("\(initiator)'s own stack or firewall", "its SYN")
            case "server": ("\(first.icmpSender) itself", "\(initiator)'s SYN")
            default: ("\(first.icmpSender), on the path,", "\(initiator)'s SYN")
            }
        let often = all.count > 1 ? " \(Wording.times(all.count))" : ""
        let error = "\(first.icmpName) \(first.icmpMeaning)"
        return "\(who) refused \(whose) to \(responder)\(often) (\(error))."
    }

    static let explanation = """
        The error quotes the SYN, which is not in the capture: its host refused it before it was sent, or the capture misses \
        it.
        """

    var subject: Subject {
        let ports = Set(all.map(\.initiator.port))
        return Subject(
            initiator: initiator,
            initiatorPort: ports.count == 1 ? ports.first : nil,
            responder: responder.address,
            responderPort: responder.port,
            encapsulation: first.encapsulation
        )
    }

    var metrics: [Metric] {
        [
            Metric("icmp_errors", all.count),
            Metric("icmp_type", Int(first.icmpType)),
            Metric("icmp_code", Int(first.icmpCode)),
            Metric("sender", first.icmpSender.description),
            Metric("sent_by", sentBy),
            Metric("destination_port", Int(responder.port)),
        ]
    }

    var evidence: [Evidence] {
        all.map { refusal in
            Evidence(
                event: refusal.event,
                isFromInitiator: true,
                ends: Evidence.Ends(source: refusal.initiator, destination: refusal.responder),
                errorSender: .other,
                note: "quotes a SYN that was not captured"
            )
        }
    }
}

extension Detector {
    /// A finding about SYNs that were refused and not captured.
    func finding(
        on refusals: UncapturedRefusals,
        in survey: Survey,
        causes: [String],
        check: Check
    ) -> Finding {
        finding(
            in: survey,
            reason: "not-captured",
            severity: .warning,
            confidence: .medium,
            status: .likely,
            subject: refusals.subject,
            summary: refusals.summary,
            explanation: UncapturedRefusals.explanation,
            count: refusals.all.count,
            flows: Set(refusals.all.map(\.initiator.port)).count,
            metrics: refusals.metrics,
            evidence: refusals.evidence,
            causes: causes,
            checks: [check],
            firstSeen: refusals.first.time,
            lastSeen: refusals.all[refusals.all.count - 1].event.time,
            isEstablished: false
        )
    }
}
