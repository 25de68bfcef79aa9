/// One packet of a flow that is worth remembering, as a flat value: all that crosses from the tracker
/// to the diagnosis.
///
/// For an ICMP error, `sequence`, `acknowledgment` and `flags` are those of the segment it quotes, and
/// `side` is that segment's sender.
package struct Event: Hashable, BitwiseCopyable, Sendable {
    /// What sort of packet it was.
    package enum Kind: UInt8, BitwiseCopyable, Sendable {
        case syn
        case synAck
        case rst
        case fin
        case data
        case ack
        case icmp
        /// No packet of its own: what the flow remembers of the connection before this one.
        case formerConnection
        /// ARP or a neighbour advertisement: part of no flow.
        case addressClaim
        /// A message from or to a port mapper, over TCP or UDP.
        case portmap
    }

    /// In nanoseconds since 1970.
    package var time: Int64
    /// The frame's place in the input, from 1.
    package var packet: UInt64
    package var sequence: SequenceNumber
    package var acknowledgment: SequenceNumber
    package var timestampValue: UInt32 = 0
    package var timestampEcho: UInt32 = 0
    package var payloadLength: UInt32 = 0
    /// The frame's length on the wire, in octets.
    package var frameLength: UInt32
    package var window: UInt16 = 0
    package var maximumSegmentSize: UInt16 = 0
    package var flags: TCPFlags
    package var identification: UInt16 = 0
    /// The VLANs and tunnels it was in.
    package var context: Context
    /// Which life of the four-tuple it belongs to, from 0.
    package var incarnation: UInt16
    package var windowScale: UInt8 = 0
    package var options = TCPOptions.Presence(rawValue: 0)
    package var timeToLive: UInt8
    package var kind: Kind
    /// Who sent the segment, or the segment that an ICMP error quotes.
    package var side: Side
    package var icmpType: UInt8 = 0
    package var icmpCode: UInt8 = 0
    package var optionOrder = TCPOptions.Order()
    /// The next event on the same tape; the tape's own business.
    var link: UInt32 = 0
    /// Of an ICMP error, who sent it; of a segment, its link facts and the timestamp before it.
    var annex = Address(high: 0, low: 0)
}

extension Event {
    /// Who sent the ICMP error; the unspecified address for a segment.
    package var icmpSender: Address {
        kind == .icmp ? annex : Address(high: 0, low: 0)
    }

    /// What the frame of a segment tells.
    package var linkFacts: LinkFacts {
        kind == .icmp ? LinkFacts() : LinkFacts(packed: annex.high)
    }

    /// Of a segment: what its TLS records hold, where they were looked at.
    package internal(set) var contents: TLSContents {
        get {
            kind == .icmp
                ? [] : TLSContents(rawValue: UInt16(icmpType) << 8 | UInt16(icmpCode))
        }
        set {
            icmpType = UInt8(truncatingIfNeeded: newValue.rawValue >> 8)
            icmpCode = UInt8(truncatingIfNeeded: newValue.rawValue)
        }
    }

    /// Of a segment whose timestamp fell back: the newest that its sender had sent before (RFC 7323 §5).
    package internal(set) var formerTimestamp: UInt32? {
        get {
            kind == .icmp || kind == .rst || annex.low >> 32 == 0
                ? nil : UInt32(truncatingIfNeeded: annex.low)
        }
        set { annex = Address(high: annex.high, low: newValue.map { 1 << 32 | UInt64($0) } ?? 0) }
    }

    /// Of a RST: the time to live of the segment that its sender had sent before.
    package var formerTimeToLive: UInt8? {
        let value = UInt8(truncatingIfNeeded: annex.low)
        return kind == .rst && value != 0 ? value : nil
    }

    /// Of a RST: the newest timestamp that its sender had sent before.
    package var newestTimestamp: UInt32? {
        let value = UInt32(truncatingIfNeeded: annex.low >> 32)
        return kind == .rst && value != 0 ? value : nil
    }

    /// Notes with a RST what its sender had sent before.
    mutating func note(formerTimeToLive: UInt8, newestTimestamp: UInt32) {
        let low = UInt64(newestTimestamp) << 32 | UInt64(formerTimeToLive)
        annex = Address(high: annex.high, low: low)
    }
}

extension Event {
    @inline(always)
    init(_ segment: borrowing FlowSegment) {
        self.init(
            time: segment.time,
            packet: segment.number,
            sequence: segment.sequence,
            acknowledgment: segment.acknowledgment,
            timestampValue: segment.options.timestampValue,
            timestampEcho: segment.options.timestampEcho,
            payloadLength: segment.payloadLength,
            frameLength: segment.originalLength,
            window: segment.window,
            maximumSegmentSize: segment.options.maximumSegmentSize,
            flags: segment.flags,
            identification: segment.identification,
            context: segment.context,
            incarnation: 0,
            windowScale: segment.options.windowScale,
            options: segment.options.presence,
            timeToLive: segment.timeToLive,
            kind: segment.eventKind,
            side: segment.side,
            optionOrder: segment.options.order,
            annex: Address(high: segment.link.packed, low: 0)
        )
    }

    init(_ error: ICMPError, side: Side, in frame: FrameFacts) {
        self.init(
            time: frame.time,
            packet: frame.number,
            sequence: error.quoted.sequence,
            acknowledgment: error.quoted.acknowledgment,
            frameLength: frame.originalLength,
            flags: error.quoted.flags,
            context: frame.context,
            incarnation: 0,
            options: error.quoted.hasFlags ? .quotedFlags : [],
            timeToLive: error.timeToLive,
            kind: .icmp,
            side: side,
            icmpType: error.type,
            icmpCode: error.code,
            annex: error.sender
        )
    }

    /// A packet that is part of no flow: when and where it was captured is all that it tells.
    init(_ kind: Kind, at time: Int64, packet: UInt64, frameLength: UInt32, in context: Context) {
        self.init(
            time: time,
            packet: packet,
            sequence: SequenceNumber(0),
            acknowledgment: SequenceNumber(0),
            frameLength: frameLength,
            flags: [],
            context: context,
            incarnation: 0,
            timeToLive: 0,
            kind: kind,
            side: .low
        )
    }

    /// The first sequence number after this segment.
    package var sequenceEnd: SequenceNumber {
        let control: UInt32 = flags.contains(.syn) ? 1 : 0
        return sequence.advanced(by: payloadLength &+ control &+ (flags.contains(.fin) ? 1 : 0))
    }

    package var hasTimestamps: Bool { options.contains(.timestamps) }

    /// For an ICMP error, whether the quote was long enough for `acknowledgment` and `flags`.
    var hasQuotedFlags: Bool { options.contains(.quotedFlags) }
}

/// What the frame says of a packet beside its headers.
struct FrameFacts: BitwiseCopyable {
    let time: Int64
    let number: UInt64
    let originalLength: UInt32
    var context: Context
    var link = LinkFacts()
}

extension FrameFacts {
    @inline(always)
    init(_ frame: borrowing Frame, context: Context, link: LinkFacts) {
        time = frame.time
        number = frame.number
        originalLength = frame.originalLength
        self.context = context
        self.link = link
    }
}
