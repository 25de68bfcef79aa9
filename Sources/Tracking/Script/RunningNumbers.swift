/// How far both ends of each connection of a script have come: fills in the numbers of the lines
/// that go on.
struct RunningNumbers {
    /// One end of one of the connections.
    private struct End: Hashable {
        let party: Party
        let clientPort: UInt16?
        let serverPort: UInt16?
        let clientAddress: Address?
        let serverAddress: Address?

        var other: End {
            End(
                party: party.peer,
                clientPort: clientPort,
                serverPort: serverPort,
                clientAddress: clientAddress,
                serverAddress: serverAddress
            )
        }
    }

    private var next: [End: SequenceNumber] = [:]

    /// The same line with its numbers.
    mutating func filled(in step: ScriptStep) -> ScriptStep {
        guard case .segment(var segment) = step.content else { return step }
        let end = End(
            party: step.party,
            clientPort: segment.clientPort,
            serverPort: segment.serverPort,
            clientAddress: segment.clientAddress,
            serverAddress: segment.serverAddress
        )
        if segment.goesOn {
            segment.sequence = next[end]?.rawValue ?? 0
            segment.acknowledgment = next[end.other]?.rawValue ?? 0
            segment.goesOn = false
        }
        note(segment, of: end)
        var copy = step
        copy.content = .segment(segment)
        return copy
    }

    private mutating func note(_ segment: ScriptSegment, of end: End) {
        // A RST is no part of its sender's sequence space.
        if segment.flags.contains(.rst) { return }
        let control = [TCPFlags.syn, .fin].count { segment.flags.contains($0) }
        let reached = SequenceNumber(segment.sequence)
            .advanced(by: UInt32(segment.length + control))
        let isNew = next[end].map { $0.distance(to: reached) > 0 } ?? true
        if isNew || segment.flags.contains(.syn) { next[end] = reached }
    }
}
