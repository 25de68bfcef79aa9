extension StreamSummary {
    /// What one end of a connection said after the handshake, as far as it matters for how the
    /// connection ends.
    package struct End: BitwiseCopyable, Hashable, Sendable {
        /// Its newest data segment.
        package let last: SegmentFacts
        /// When its first data was captured, in nanoseconds since 1970; 0 without any.
        package let begin: Int64
        /// When it began to speak after the other end's newest data, in nanoseconds since 1970.
        package let turn: Int64
        /// Data segments, those sent again among them; stops at 255.
        package let segments: UInt32
        /// One past the newest octet of data that was captured; where it sends on without any.
        package let end: SequenceNumber
        /// What is sent again and again: where it begins, how many octets it has, how often it was
        /// sent after the first time, and when for the first time again.
        package let repeated: SequenceNumber
        package let repeatedLength: UInt32
        package let repetitions: UInt16
        package let repeatedFrom: Int64
        /// How many octets behind what is sent again the other end has received, by its selective
        /// acknowledgments; 0 for none.
        package let heldBeyond: UInt32
        /// How often it sent again what the other end had acknowledged, without having got anything
        /// newer meanwhile, and when for the first and the last time.
        package let covered: UInt16
        package let coveredFrom: Int64
        package let coveredUntil: Int64

        /// What its first data looks like.
        package let opening: PayloadClass
        /// By what it turns the other end away with that.
        package let refusal: ServerRefusal

        package var hasSentData: Bool { last.packet != 0 }

        init(
            _ line: StreamEnd,
            from start: SequenceNumber,
            _ repetition: Repetition?,
            _ hole: SelectiveAcknowledgment?
        ) {
            last = line.last
            begin = line.last.packet == 0 ? 0 : line.beginTime
            turn = line.turn
            segments = UInt32(line.segments)
            opening = line.opening
            refusal = line.refusal
            end = line.last.packet == 0 ? start : line.end
            repeated = repetition?.sequence ?? SequenceNumber(0)
            repeatedLength = repetition?.length ?? 0
            repetitions = repetition?.count ?? 0
            repeatedFrom = repetition?.begin ?? 0
            heldBeyond = Self.held(hole, beyond: repetition)
            covered = repetition?.covered ?? 0
            coveredFrom = repetition?.coveredFrom ?? 0
            coveredUntil = repetition?.coveredUntil ?? 0
        }

        private static func held(
            _ hole: SelectiveAcknowledgment?,
            beyond repetition: Repetition?
        ) -> UInt32 {
            guard let hole, let repetition, hole.acknowledgment == repetition.sequence else {
                return 0
            }
            let end = repetition.sequence.advanced(by: repetition.length)
            return UInt32(clamping: end.distance(to: hole.reach))
        }
    }
}
