/// What is kept of the newest data segment of one end of a connection: enough to show it in a report.
package struct Glimpse: BitwiseCopyable, Hashable, Sendable {
    /// In nanoseconds since 1970.
    package private(set) var time: Int64 = 0
    /// The frame's place in the input, from 1; 0 before the first data.
    package private(set) var packet: UInt64 = 0
    package private(set) var sequence = SequenceNumber(0)
    package private(set) var acknowledgment = SequenceNumber(0)
    private var timestampValue: UInt32 = 0
    private var timestampEcho: UInt32 = 0
    // Two octets are enough for what a datagram can hold.
    private var shortLength: UInt16 = 0
    private var frameLength: UInt16 = 0
    private var window: UInt16 = 0
    private var identification: UInt16 = 0
    private var flags = TCPFlags(rawValue: 0)
    private var timeToLive: UInt8 = 0
    private var options = TCPOptions.Presence(rawValue: 0)
    private var optionOrder = TCPOptions.Order()

    init() {}

    @inline(always)
    init(_ segment: borrowing FlowSegment) {
        time = segment.time
        packet = segment.number
        sequence = segment.sequence
        acknowledgment = segment.acknowledgment
        timestampValue = segment.options.timestampValue
        timestampEcho = segment.options.timestampEcho
        shortLength = UInt16(clamping: segment.payloadLength)
        frameLength = UInt16(clamping: segment.originalLength)
        window = segment.window
        identification = segment.identification
        flags = segment.flags
        timeToLive = segment.timeToLive
        options = segment.options.presence
        optionOrder = segment.options.order
    }

    /// In octets.
    package var payloadLength: UInt32 { UInt32(shortLength) }

    /// One past the last octet of its payload.
    package var sequenceEnd: SequenceNumber { sequence.advanced(by: payloadLength) }

    /// The segment as an event of its flow.
    func event(from side: Side, context: Context, incarnation: UInt16) -> Event {
        Event(
            time: time,
            packet: packet,
            sequence: sequence,
            acknowledgment: acknowledgment,
            timestampValue: timestampValue,
            timestampEcho: timestampEcho,
            payloadLength: payloadLength,
            frameLength: UInt32(frameLength),
            window: window,
            flags: flags,
            identification: identification,
            context: context,
            incarnation: incarnation,
            options: options,
            timeToLive: timeToLive,
            kind: flags.contains(.fin) ? .fin : .data,
            side: side,
            optionOrder: optionOrder
        )
    }
}
