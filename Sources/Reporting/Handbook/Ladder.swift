import Diagnosing
import Tracking

/// A script as a ladder between its two ends, the flagged packets marked.
struct Ladder {
    /// At most this many columns between the two uprights.
    private static let widestSpan = 66
    /// Columns beside them: numbers, times and the mark.
    private static let margins = 24
    /// Of a longer ladder only its first and last rungs are drawn.
    private static let longest = 40
    private static let ends = (head: 16, tail: 4)

    let exchange: Exchange
    let style: Style

    private var span: Int { min(Self.widestSpan, style.width - Self.margins) }

    var text: String {
        let frames = exchange.frames
        let flagged = Set(exchange.flaggedPackets)
        let numberWidth = String(frames.count).count
        let clock = LocalTime(hasNanoseconds: false)
        var source = MemoryFrames(frames, linkType: .ethernet)
        var text = heading(indent: numberWidth + 16)
        var number = 0
        while (try? source.advance()) == true {
            number += 1
            if frames.count > Self.longest, number > Self.ends.head,
                number <= frames.count - Self.ends.tail
            {
                if number == Self.ends.head + 1 { text += Self.gap(in: frames.count, numberWidth) }
                continue
            }
            let time = clock.delta(source.frame.time - exchange.begin).dropFirst()
            let decoded = DecodedFrame(source.frame)
            let rung =
                decoded.portmap(in: source.frame).map(self.rung) ?? self.rung(decoded.packet)
            let mark = flagged.contains(UInt64(number)) ? "  ⚑" : ""
            let head =
                "  \(String(number).leading(to: numberWidth))  \(String(time).leading(to: 10))  "
            text += head + rung.joined(separator: "\n" + .blank(head.count)) + mark + "\n"
        }
        return text
    }

    private static func gap(in count: Int, _ numberWidth: Int) -> String {
        let left = count - ends.head - ends.tail
        return "  \("…".leading(to: numberWidth))  \(left) more packets of the same kind\n"
    }

    private func heading(indent: Int) -> String {
        let left = exchange.client.description
        let right = exchange.server.description
        let gap = max(2, span + 2 - left.count - right.count)
        return String.blank(indent) + left
            + String.blank(gap) + right + "\n"
    }

    private func rung(_ packet: Packet) -> [String] {
        switch packet {
        case .segment(let segment):
            return rung(describe(segment), isRightward: exchange.isFromClient(segment))
        case .icmpError(let error):
            let isRightward = error.sender == exchange.client.address
            let isBetween = error.sender != exchange.server.address && !isRightward
            let towardsClient = error.receiver == exchange.client.address
            let text =
                "ICMP \(error.type)/\(error.code)" + (isBetween ? " from \(error.sender)" : "")
            return rung(text, isRightward: isBetween ? !towardsClient : isRightward)
        case .addressClaim(let claim):
            let isRightward = claim.address == exchange.client.address
            return rung("\(claim.address) is at \(claim.owner)", isRightward: isRightward)
        case .unread:
            return []
        }
    }

    private func rung(_ payload: PortmapPayload) -> [String] {
        let message = PortmapMessage(payload)?.text ?? "\(payload.octets.count) bytes"
        let isRightward = payload.destination == exchange.server
        return rung("\(payload.transport.name) \(message)", isRightward: isRightward)
    }

    /// An arrow with its text; what is too long for it is above.
    private func rung(_ text: String, isRightward: Bool) -> [String] {
        let room = Style(width: span - 4)
        var parts = room.wrapped(text, indent: 0)
        let last = parts.popLast() ?? ""
        let line = String(repeating: "─", count: max(1, span - last.count - 3))
        let arrow = isRightward ? "├ \(last) \(line)▶│" : "│◀\(line) \(last) ┤"
        return parts.map { "│ \($0.padded(to: span - 2)) │" } + [arrow]
    }

    private func describe(_ segment: Segment) -> String {
        var fields = ["[\(segment.flags)]"]
        let ends = [segment.source, segment.destination]
        if !ends.contains(exchange.client) || !ends.contains(exchange.server) {
            fields.append("\(segment.source) > \(segment.destination)")
        }
        fields += ["Seq=\(segment.sequence)"]
        if segment.flags.contains(.ack) { fields.append("Ack=\(segment.acknowledgment)") }
        if segment.payloadLength > 0 { fields.append("Len=\(segment.payloadLength)") }
        return fields.joined(separator: " ")
    }
}
