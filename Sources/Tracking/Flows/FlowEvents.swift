/// One suspicious flow as the tracker hands it over: a copy of its events, and what they do not
/// say.
package struct FlowEvents: Sendable {
    package let key: FlowKey
    /// Oldest first.
    package let events: [Event]
    /// Events in the middle of a long log that are only counted.
    package let omitted: Int
    /// The first event behind those; `nil` where none is missing.
    package let gap: Int?
    /// When the flow's last packet was captured, event or not.
    package let lastTime: Int64
    /// The initiator of the newest incarnation.
    package let initiator: Side
    /// The packet of the capture at which the flow begins: the order of reports.
    package let firstPacket: UInt64
    /// Whether it was tried a few times at most, and nobody sent any data: one of the flows that a
    /// scan or a flood is made of.
    package let carriesNoPayload: Bool
    /// What was said on its connections that ended oddly, oldest first.
    package let streams: [StreamSummary]
    /// What its RSTs say of their reasons, by their packets.
    package let resetReasons: [UInt64: ResetReason]
    /// The tracker's number for the flow, for as long as that is in its table.
    package let record: Int
}
