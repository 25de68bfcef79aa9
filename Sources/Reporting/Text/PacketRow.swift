import Diagnosing
import Tracking

/// One packet as a row of a timeline, in the columns that packet people know.
struct PacketRow {
    let number: String
    let time: String
    /// To the row before; empty in the first.
    let delta: String
    let route: String
    /// Protocol and frame length.
    let kind: String
    let info: String

    /// The row of the event at `index`; `former` is the event of the row before.
    init(_ index: Int, in history: History, after former: Int?, clock: LocalTime) {
        let event = history.events[index]
        self.init(
            event,
            from: history.endpoint(of: event),
            to: event.side == history.initiatorSide ? history.responder : history.initiator,
            after: former.map { history.events[$0].time },
            clock: clock
        )
    }

    /// The row of a segment, or of an ICMP error about one; `former` is the time of the row before.
    init(
        _ event: Event,
        from sender: Endpoint,
        to receiver: Endpoint,
        after former: Int64?,
        clock: LocalTime
    ) {
        number = String(event.packet)
        time = clock.time(event.time)
        delta = former.map { clock.delta(event.time - $0) } ?? ""
        if event.kind == .icmp {
            route = "\(event.icmpSender) → \(sender.address)"
            kind = "\(event.icmpSender.isIPv4 ? "ICMP" : "ICMPv6") \(event.frameLength)"
            info = Self.describe(error: event)
        } else {
            route = "\(sender.address) → \(receiver.address)"
            kind = "TCP \(event.frameLength)"
            info = "\(sender.port) → \(receiver.port) " + Self.describe(event)
        }
    }

    /// The row of a packet that proves a finding about more than one flow; `former` is the time of
    /// the row before.
    init?(_ evidence: Evidence, after former: Int64?, clock: LocalTime) {
        let event = evidence.event
        number = String(event.packet)
        time = clock.time(event.time)
        delta = former.map { clock.delta(event.time - $0) } ?? ""
        if event.kind == .addressClaim {
            route = ""
            kind = event.frameLength > 0 ? "ARP \(event.frameLength)" : "ARP"
            info = evidence.note
            return
        }
        guard let ends = evidence.ends else { return nil }
        route = "\(ends.source.address) → \(ends.destination.address)"
        if event.kind == .portmap {
            kind = "Portmap \(event.frameLength)"
            info = evidence.note
            return
        }
        kind = event.frameLength > 0 ? "TCP \(event.frameLength)" : "TCP"
        let ports = "\(ends.source.port) → \(ends.destination.port) "
        // Of a connection that was forgotten its SYN's number is all that is left.
        info =
            event.frameLength > 0
            ? ports + Self.describe(event) : "\(ports)[\(event.flags)] Seq=\(event.sequence)"
    }

    /// The row of a message from or to a port mapper.
    private init(
        _ event: Event,
        from source: Endpoint,
        to destination: Endpoint,
        _ text: String,
        delta: String,
        clock: LocalTime
    ) {
        number = String(event.packet)
        time = clock.time(event.time)
        self.delta = delta
        route = "\(source.address) → \(destination.address)"
        kind = "Portmap \(event.frameLength)"
        info = text
    }

    /// The two rows of a call of a port mapper and its reply, in whose time the delta is.
    static func rows(of exchange: PortmapExchange, clock: LocalTime) -> [PacketRow] {
        [
            PacketRow(
                exchange.call.event,
                from: exchange.client,
                to: exchange.server,
                exchange.callText,
                delta: "",
                clock: clock
            ),
            PacketRow(
                exchange.reply.event,
                from: exchange.server,
                to: exchange.client,
                exchange.replyText,
                delta: clock.delta(exchange.reply.time - exchange.call.time),
                clock: clock
            ),
        ]
    }

    private static func describe(error event: Event) -> String {
        let meaning = event.icmpMeaning
        let text = meaning.prefix(1).uppercased() + meaning.dropFirst()
        if event.isUnreachable || event.icmpSender.isIPv4 && event.icmpType == 3 {
            return "Destination unreachable (\(text))"
        }
        return text
    }

    private static func describe(_ event: Event) -> String {
        var fields = ["[\(event.flags)]", "Seq=\(event.sequence)"]
        if event.flags.contains(.ack) { fields.append("Ack=\(event.acknowledgment)") }
        fields.append("Win=\(event.window)")
        fields.append("Len=\(event.payloadLength)")
        for kind in event.optionOrder.kinds(event.options.usualCount) {
            switch kind {
            case .maximumSegmentSize: fields.append("MSS=\(event.maximumSegmentSize)")
            case .windowScale: fields.append("WS=\(1 << UInt32(min(event.windowScale, 31)))")
            case .selectiveAcknowledgment: fields.append("SACK_PERM")
            case .timestamps:
                fields.append("TSval=\(event.timestampValue)")
                fields.append("TSecr=\(event.timestampEcho)")
            }
        }
        if event.options.contains(.fastOpen) { fields.append("TFO") }
        return fields.joined(separator: " ")
    }
}
