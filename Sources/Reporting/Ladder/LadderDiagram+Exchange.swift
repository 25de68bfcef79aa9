import Diagnosing
import Tracking

/// The ladder of a script, as the manual pages have it.
extension LadderDiagram {
    /// Of a longer script only its first and last packets are drawn.
    private static let longest = 40
    private static let ends = (head: 16, tail: 4)

    /// Every packet of a script, its flagged ones marked as proof.
    init(_ exchange: Exchange) {
        let drawing = ExchangeDrawing(exchange)
        let rungs = drawing.rungs
        let isLong = rungs.count > Self.longest
        let tail = isLong ? rungs.count - Self.ends.tail : rungs.count
        var rows: [Row] = []
        var last: Int64?
        var positions: [Int: Int] = [:]
        for (index, (time, drawn)) in rungs.enumerated() {
            var rung = drawn
            if isLong, index >= Self.ends.head, index < tail {
                if index == Self.ends.head {
                    rows.append(.note("\(tail - index) more packets of the same kind"))
                }
                last = time
                continue
            }
            if let last {
                rung.delay = "+\(Wording.duration(time - last))"
                if time - last >= Self.shownSilence {
                    rows.append(.wait(Wording.duration(time - last)))
                }
            }
            last = time
            rung.original = rung.original.flatMap { positions[$0] }
            positions[index] = rows.count
            rows.append(.rung(rung))
        }
        lifelines = drawing.lifelines
        self.rows = rows
        summary = """
            Ladder of \(Wording.count(rungs.count, "packet")) between \(exchange.client) and \(exchange.server).
            """
    }
}

/// The packets of a script before they are drawn.
private struct ExchangeDrawing {
    let exchange: Exchange
    /// Each with its time in nanoseconds since 1970; `original` is the place of a rung.
    private(set) var rungs: [(time: Int64, rung: LadderDiagram.Rung)] = []
    private var device: Address?
    /// What was sent so far, by the place of its rung.
    private var segments: [(position: Int, segment: Segment)] = []
    private let syns: [SequenceNumber]

    init(_ exchange: Exchange) {
        self.exchange = exchange
        let frames = Self.frames(of: exchange)
        syns = Self.initialNumbers(in: frames, from: exchange.client)
        device = frames.lazy.compactMap { frame in
            if case .icmpError(let error) = frame.packet { error.sender } else { nil }
        }.first { ![exchange.client.address, exchange.server.address].contains($0) }
        let flagged = Set(exchange.flaggedPackets)
        for (index, frame) in frames.enumerated() {
            guard var rung = rung(for: frame, number: index + 1) else { continue }
            rung.isProof = flagged.contains(UInt64(index + 1))
            rungs.append((frame.time, rung))
        }
    }

    private struct ScriptFrame {
        let time: Int64
        let packet: Packet
        let message: PortmapPayload?
    }

    private static func frames(of exchange: Exchange) -> [ScriptFrame] {
        var source = MemoryFrames(exchange.frames, linkType: .ethernet)
        var frames: [ScriptFrame] = []
        while (try? source.advance()) == true {
            let decoded = DecodedFrame(source.frame)
            frames.append(
                ScriptFrame(
                    time: source.frame.time,
                    packet: decoded.packet,
                    message: decoded.portmap(in: source.frame)
                )
            )
        }
        return frames
    }

    /// The ISNs of the client's SYNs, in order.
    private static func initialNumbers(
        in frames: [ScriptFrame],
        from client: Endpoint
    ) -> [SequenceNumber] {
        frames.reduce(into: []) { numbers, frame in
            guard case .segment(let segment) = frame.packet, segment.source == client,
                segment.flags.contains(.syn), !segment.flags.contains(.ack),
                !numbers.contains(segment.sequence)
            else { return }
            numbers.append(segment.sequence)
        }
    }

    var lifelines: [LadderDiagram.Lifeline] {
        let client = LadderDiagram.Lifeline(name: "\(exchange.client)", role: "client")
        let server = LadderDiagram.Lifeline(name: "\(exchange.server)", role: "server")
        guard let device else { return [client, server] }
        return [client, .init(name: "\(device)", role: "on the path"), server]
    }

    private var right: Int { device == nil ? 1 : 2 }

    private mutating func rung(
        for frame: ScriptFrame,
        number: Int
    ) -> LadderDiagram.Rung? {
        if let message = frame.message { return rung(for: message, number) }
        switch frame.packet {
        case .segment(let segment): return rung(for: segment, number)
        case .icmpError(let error): return rung(for: error, number)
        case .addressClaim(let claim):
            let from = claim.address == exchange.client.address ? 0 : right
            return LadderDiagram.Rung(
                number: String(number),
                from: from,
                to: right - from,
                form: .message,
                name: "ARP",
                fields: "\(claim.address) is at \(claim.owner)"
            )
        case .unread: return nil
        }
    }

    private func rung(for message: PortmapPayload, _ number: Int) -> LadderDiagram.Rung {
        let from = message.destination == exchange.server ? 0 : right
        return LadderDiagram.Rung(
            number: String(number),
            from: from,
            to: right - from,
            form: .message,
            name: "port mapper over \(message.transport.name)",
            fields: PortmapMessage(message)?.text
                ?? Wording.count(message.octets.count, "byte")
        )
    }

    private mutating func rung(for segment: Segment, _ number: Int) -> LadderDiagram.Rung {
        let from = exchange.isFromClient(segment) ? 0 : right
        var fields = ["Seq=\(segment.sequence)"]
        if segment.flags.contains(.ack) { fields.append("Ack=\(segment.acknowledgment)") }
        if segment.payloadLength > 0 { fields.append("Len=\(segment.payloadLength)") }
        var rung = LadderDiagram.Rung(
            number: String(number),
            from: from,
            to: right - from,
            form: form(of: segment),
            name: name(of: segment),
            fields: fields.joined(separator: " ")
        )
        let original = segments.first { $0.segment.isSent(as: segment) }
        rung.original = original?.position
        rung.isRepeated = original != nil
        if segment.flags.contains(.rst), segment.flags.contains(.ack) { refuseSYN(by: segment) }
        segments.append((rungs.count, segment))
        return rung
    }

    /// A RST that acknowledges a SYN refuses it.
    private mutating func refuseSYN(by reset: Segment) {
        let syn = segments.last {
            $0.segment.flags.contains(.syn) && !$0.segment.flags.contains(.ack)
                && $0.segment.source == reset.destination
                && $0.segment.sequence.advanced(by: 1) == reset.acknowledgment
        }
        if let syn { rungs[syn.position].rung.end = .refusal }
    }

    private mutating func rung(for error: ICMPError, _ number: Int) -> LadderDiagram.Rung {
        let subject = segments.last {
            $0.segment.source == error.quoted.source
                && $0.segment.sequence == error.quoted.sequence
        }
        let from =
            error.sender == exchange.client.address
            ? 0 : error.sender == exchange.server.address ? right : 1
        if let subject {
            rungs[subject.position].rung.end = .refusal
            if from == 1, right == 2 { rungs[subject.position].rung.to = 1 }
        }
        let about = subject.map { " about packet \(rungs[$0.position].rung.number)" } ?? ""
        return LadderDiagram.Rung(
            number: String(number),
            from: from,
            to: error.receiver == exchange.client.address ? 0 : right,
            form: .icmp,
            name: "\(error.sender.isIPv4 ? "ICMP" : "ICMPv6")\(about)",
            fields: Event.icmpMeaning(
                type: error.type,
                code: error.code,
                isIPv4: error.sender.isIPv4
            )
        )
    }

    private func form(of segment: Segment) -> LadderDiagram.Form {
        let flags = segment.flags
        if flags.contains(.rst) { return .reset }
        if flags.contains(.syn) { return .handshake }
        if flags.contains(.fin) { return .fin }
        return segment.payloadLength > 0 ? .data : .acknowledgment
    }

    /// The flags, with the number of the SYN, and with the ends where they are others.
    private func name(of segment: Segment) -> String {
        var name = "\(segment.flags)"
        if segment.source == exchange.client, syns.count > 1, segment.flags.contains(.syn),
            let position = syns.firstIndex(of: segment.sequence)
        {
            name = name.replacing("SYN", with: "SYN \(position + 1)", maxReplacements: 1)
        }
        let ends = [segment.source, segment.destination]
        if !ends.contains(exchange.client) || !ends.contains(exchange.server) {
            name += ", \(segment.source) → \(segment.destination)"
        }
        return name
    }
}

extension Exchange {
    /// Whether a segment goes from the client's side to the server's; where several hosts or ports
    /// take part, the addresses decide.
    func isFromClient(_ segment: Segment) -> Bool {
        if segment.source == client || segment.destination == server { return true }
        if segment.source == server || segment.destination == client { return false }
        return segment.source.address == client.address
            || segment.destination.address == server.address
    }
}

extension Segment {
    /// Whether another segment carries the same bytes again.
    fileprivate func isSent(as other: Segment) -> Bool {
        let carries = payloadLength > 0 || !flags.isDisjoint(with: [.syn, .fin])
        return carries && source == other.source && destination == other.destination
            && flags == other.flags && sequence == other.sequence
            && payloadLength == other.payloadLength
            && (!flags.contains(.syn) || acknowledgment == other.acknowledgment)
    }
}
