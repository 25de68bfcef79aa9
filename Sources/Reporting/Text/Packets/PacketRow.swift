import Diagnosing
import Tracking

/// One packet as a row of a timeline, with the fields that packet people know.
struct PacketRow {
    let number: String
    let time: String
    /// To the row before; empty in the first.
    let delta: String
    /// From which end of the flow to which; empty where the row names its ends.
    let arrow: String
    /// Of the frame, in bytes; empty where no frame is known.
    let length: String
    private let kind: String
    /// Sender and receiver without their ports.
    let route: String
    /// Both ports, in a wide row.
    private let ports: String
    /// Both ends, in a row that a table of several flows has.
    private let ends: String
    private let fields: String

    /// What is behind the columns of a row.
    var info: String {
        let named = kind == "TCP" ? "" : kind
        return [ends, named, fields].filter { !$0.isEmpty }.joined(separator: " ")
    }

    /// The same where addresses are in a column.
    var wideInfo: String {
        (ports.isEmpty ? fields : "\(ports) \(fields)").replacing("\u{A0}", with: " ")
    }

    /// Protocol and frame length.
    var kindAndLength: String {
        let name = kind.prefix { $0 != " " }
        return length.isEmpty ? String(name) : "\(name) \(length)"
    }

    /// The row of the event at `index`; `former` is the event of the row before.
    init(_ index: Int, in history: History, after former: Int?, clock: LocalTime) {
        let event = history.events[index]
        let isInitiator = event.side == history.initiatorSide
        self.init(
            event,
            from: history.endpoint(of: event),
            to: isInitiator ? history.responder : history.initiator,
            isFromInitiator: isInitiator,
            after: former.map { history.events[$0].time },
            clock: clock
        )
    }

    /// The row of a segment, or of an ICMP error about one; `former` is the time of the row before.
    init(
        _ event: Event,
        from sender: Endpoint,
        to receiver: Endpoint,
        isFromInitiator: Bool,
        after former: Int64?,
        clock: LocalTime
    ) {
        number = String(event.packet)
        time = clock.time(event.time)
        delta = former.map { clock.delta(event.time - $0) } ?? ""
        length = String(event.frameLength)
        ends = ""
        // An error goes to whoever sent the segment that it is about.
        let isError = event.kind == .icmp
        arrow = isFromInitiator != isError ? "→" : "←"
        if isError {
            let name = event.icmpSender.isIPv4 ? "ICMP" : "ICMPv6"
            let isOther = event.icmpSender != receiver.address
            route = "\(event.icmpSender) → \(sender.address)"
            kind = isOther ? "\(name) from \(event.icmpSender):" : name
            ports = ""
            fields = Self.describe(error: event)
        } else {
            route = "\(sender.address) → \(receiver.address)"
            kind = "TCP"
            ports = "\(sender.port) → \(receiver.port)"
            fields = Self.describe(event)
        }
    }

    /// The row of a packet that proves a finding about more than one flow; `former` is the time of
    /// the row before.
    init?(_ evidence: Evidence, after former: Int64?, clock: LocalTime) {
        let event = evidence.event
        number = String(event.packet)
        time = clock.time(event.time)
        delta = former.map { clock.delta(event.time - $0) } ?? ""
        arrow = ""
        length = event.frameLength > 0 ? String(event.frameLength) : ""
        if event.kind == .addressClaim {
            (route, ports, ends, kind, fields) = ("", "", "", "ARP", evidence.note)
            return
        }
        guard let pair = evidence.ends else { return nil }
        route = "\(pair.source.address) → \(pair.destination.address)"
        if event.kind == .portmap {
            (ports, ends, kind, fields) = ("", route, "Portmap", evidence.note)
            return
        }
        kind = "TCP"
        ports = "\(pair.source.port) → \(pair.destination.port)"
        ends = "\(pair.source) → \(pair.destination)"
        // Of a connection that was forgotten its SYN's number is all that is left.
        fields =
            event.frameLength > 0
            ? Self.describe(event) : "\(Self.flags(of: event)) Seq=\(event.sequence)"
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
        arrow = ""
        length = String(event.frameLength)
        route = "\(source.address) → \(destination.address)"
        (ports, ends, kind, fields) = ("", route, "Portmap", text)
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

    /// In brackets that no line is broken in.
    private static func flags(of event: Event) -> String {
        "[\(event.flags)]".replacing(" ", with: "\u{A0}")
    }

    private static func describe(_ event: Event) -> String {
        var fields = [flags(of: event), "Seq=\(event.sequence)"]
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
