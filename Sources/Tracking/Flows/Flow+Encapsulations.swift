/// In which VLANs and tunnels a flow's packets are.
extension Flow {
    /// How far a sequence number may be from the expected one in a connection that was met alive,
    /// in octets.
    private static let reach: ClosedRange<Int32> = -(1 << 20)...(1 << 20)

    /// That of the initiator's packets, or of those that were captured.
    var encapsulation: EncapsulationID {
        encapsulation(of: knows(initiator) ? initiator : initiator.other)
    }

    /// Whether it is known in what context an end sends.
    func knows(_ side: Side) -> Bool {
        self[side].marks.contains(.seen) || !encapsulation(of: side).isPlain
    }

    /// Whether a segment of an end that was not heard yet continues what the other end has sent.
    func isContinued(by segment: borrowing FlowSegment, from side: Side) -> Bool {
        let other = self[side.other]
        guard other.marks.contains(.seen) else { return false }
        if segment.flags.contains(.ack) {
            if other.isAnswered(by: segment.acknowledgment) { return true }
            guard Self.reach.contains(other.next.distance(to: segment.acknowledgment)) else {
                return false
            }
        }
        return other.acknowledged != SequenceNumber(0)
            && Self.reach.contains(other.acknowledged.distance(to: segment.sequence))
    }

    /// How well a quoted packet fits to what an end sent, `nil` where it cannot be its own.
    func rank(of quoted: QuotedPacket, from side: Side, in encapsulation: EncapsulationID) -> Int? {
        guard mayHaveSent(quoted, from: side) else { return nil }
        let sender = self[side]
        let isOwn =
            sender.marks.contains(.synchronized) && sender.initialSequence == quoted.sequence
            || sender.marks.contains(.seen) && sender.acknowledged == quoted.acknowledgment
                && quoted.hasFlags
        return (isOwn ? 2 : 0)
            + ([self.encapsulation(of: .low), self.encapsulation(of: .high)].contains(encapsulation)
                ? 1 : 0)
    }
}
