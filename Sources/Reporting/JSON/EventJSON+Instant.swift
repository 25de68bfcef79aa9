import Tracking

extension EventJSON {
    /// The last packets of the flows before an instant; `next` is the first one after it.
    func lastPackets(_ report: InstantReport) -> JSONValue {
        .members(
            ("instant", time(report.time)),
            ("flows", .array(report.flows.map(flow))),
            ("flows_omitted", .integer(report.omitted))
        )
    }

    private func flow(_ flow: LastPackets.FlowTail) -> JSONValue {
        let initiator = flow.key[flow.initiator]
        let responder = flow.key[flow.initiator.other]
        return .members(
            ("src_ip", .string(initiator.address.description)),
            ("src_port", .unsigned(initiator.port)),
            ("dest_ip", .string(responder.address.description)),
            ("dest_port", .unsigned(responder.port)),
            ("packets_before", .integer(flow.count)),
            ("last", .array(flow.packets.map { packet($0, of: flow) })),
            ("next", flow.next.map { packet($0, of: flow) })
        )
    }

    private func packet(_ event: Event, of flow: LastPackets.FlowTail) -> JSONValue {
        let isError = event.kind == .icmp
        return .members(
            ("frame", .unsigned(event.packet)),
            ("timestamp", time(event.time)),
            ("from", .string(sender(of: event, in: flow))),
            ("kind", .string(event.kind.name)),
            ("flags", isError ? nil : .string(event.flags.description)),
            ("seq", .unsigned(event.sequence.rawValue)),
            (
                "ack",
                event.flags.contains(.ack) && !isError
                    ? .unsigned(event.acknowledgment.rawValue) : nil
            ),
            ("win", isError ? nil : .unsigned(event.window)),
            ("len", isError ? nil : .unsigned(event.payloadLength)),
            ("icmp_sender", isError ? .string(event.icmpSender.description) : nil),
            ("icmp_type", isError ? .unsigned(event.icmpType) : nil),
            ("icmp_code", isError ? .unsigned(event.icmpCode) : nil)
        )
    }

    private func sender(of event: Event, in flow: LastPackets.FlowTail) -> String {
        guard event.kind == .icmp else {
            return event.side == flow.initiator ? "client" : "server"
        }
        if event.icmpSender == flow.key[flow.initiator].address { return "client" }
        return event.icmpSender == flow.key[flow.initiator.other].address ? "server" : "other"
    }
}
