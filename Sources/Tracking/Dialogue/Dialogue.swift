/// A connection after its handshake: what both ends said last, and how it came to its end.
package struct Dialogue: Hashable, Sendable {
    package let low: Speech
    package let high: Speech
    /// How long no packet had come before the first FIN or the RST, in nanoseconds; `nil` before that.
    package let quietBeforeEnd: Int64?
    /// When the first FIN or the RST was captured, in nanoseconds since 1970; `nil` before that.
    package let endBegin: Int64?
    /// Whose data came last.
    package let speaker: Side
    private let lowSent: Progress
    private let highSent: Progress

    /// How far one end had come.
    package struct Progress: BitwiseCopyable, Hashable, Sendable {
        /// One past the highest sequence number that it sent.
        package let next: SequenceNumber
        /// The newest acknowledgment that it sent.
        package let acknowledged: SequenceNumber
        /// Whether any segment of it was captured.
        package let isCaptured: Bool

        init(_ sender: Sender) {
            next = sender.next
            acknowledged = sender.acknowledged
            isCaptured = sender.marks.contains(.spoke)
        }
    }

    init(_ talk: Talk, of flow: Flow, repeating repetitions: (low: Repetition?, high: Repetition?))
    {
        low = Speech(talk[.low], from: flow.low.nextData, repetitions.low)
        high = Speech(talk[.high], from: flow.high.nextData, repetitions.high)
        quietBeforeEnd = talk.endBegin == 0 ? nil : talk.quietBeforeEnd
        endBegin = talk.endBegin == 0 ? nil : talk.endBegin
        speaker = flow.speaker
        lowSent = Progress(flow.low)
        highSent = Progress(flow.high)
    }

    package subscript(side: Side) -> Speech { side == .low ? low : high }

    /// How far one end had come when the connection ended, or the capture.
    package func progress(of side: Side) -> Progress { side == .low ? lowSent : highSent }

    /// Whether the other end has acknowledged all data of one.
    package func isAcknowledged(_ side: Side) -> Bool {
        self[side].end.distance(to: progress(of: side.other).acknowledged) >= 0
    }

    /// Whether both ends were captured.
    package var hasBothDirections: Bool { lowSent.isCaptured && highSent.isCaptured }

    /// Whether anybody sent data.
    package var hasData: Bool { low.hasSpoken || high.hasSpoken }
}
