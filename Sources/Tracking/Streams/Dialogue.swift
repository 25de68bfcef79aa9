/// A connection after its handshake: what both ends said last, and how it came to its end.
package struct Dialogue: Hashable, Sendable {
    package let low: StreamSummary.End
    package let high: StreamSummary.End
    /// How long no packet had come before the first FIN or the RST, in nanoseconds; `nil` before that.
    package let quietBeforeEnd: Int64?
    /// When the first FIN or the RST was captured, in nanoseconds since 1970; `nil` before that.
    package let endBegin: Int64?
    /// Whose data came last.
    package let lastDataSender: Side
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

        init(_ sender: EndpointState) {
            next = sender.next
            acknowledged = sender.acknowledged
            isCaptured = sender.marks.contains(.seen)
        }
    }

    init(_ streamState: StreamState, of flow: Flow, repeating repetitions: (low: Repetition?, high: Repetition?))
    {
        low = StreamSummary.End(streamState[.low], from: flow.low.nextData, repetitions.low)
        high = StreamSummary.End(streamState[.high], from: flow.high.nextData, repetitions.high)
        quietBeforeEnd = streamState.endBegin == 0 ? nil : streamState.quietBeforeEnd
        endBegin = streamState.endBegin == 0 ? nil : streamState.endBegin
        lastDataSender = flow.lastDataSender
        lowSent = Progress(flow.low)
        highSent = Progress(flow.high)
    }

    package subscript(side: Side) -> StreamSummary.End { side == .low ? low : high }

    /// How far one end had come when the connection ended, or the capture.
    package func progress(of side: Side) -> Progress { side == .low ? lowSent : highSent }

    /// Whether the other end has acknowledged all data of one.
    package func isAcknowledged(_ side: Side) -> Bool {
        self[side].end.distance(to: progress(of: side.other).acknowledged) >= 0
    }

    /// Whether both ends were captured.
    package var hasBothDirections: Bool { lowSent.isCaptured && highSent.isCaptured }

    /// Whether anybody sent data.
    package var hasData: Bool { low.hasSentData || high.hasSentData }
}
