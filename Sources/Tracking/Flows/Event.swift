/// One packet of a flow that is worth remembering, as a flat value: all that crosses from the
/// tracker to the diagnosis.
///
/// For an ICMP error, `sequence`, `acknowledgment` and `flags` are those of the segment it quotes,
/// and `side` is that segment's sender.
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

    /// What the packet says; of an ICMP error, when and where it was captured and what it quotes.
    var facts: SegmentFacts
    // Here it fills a gap.
    /// In the lowest bit the side, above it the kind.
    private let kindAndSide: UInt8
    /// The VLANs and tunnels it was in.
    package var encapsulation: EncapsulationID
    /// Which incarnation of the four-tuple it belongs to, from 0.
    package var incarnation: UInt16 = 0
    package var icmpType: UInt8 = 0
    package var icmpCode: UInt8 = 0
    /// The next event in the same log; the log's own business.
    var link: UInt32 = 0
    /// Of an ICMP error, who sent it; of a segment, its link facts and the timestamp before it.
    var annex = Address(high: 0, low: 0)
}

extension Event {
    @inline(always)
    init(
        facts: SegmentFacts,
        encapsulation: EncapsulationID,
        kind: Kind,
        side: Side,
        annex: Address = Address(high: 0, low: 0)
    ) {
        self.facts = facts
        self.encapsulation = encapsulation
        kindAndSide = kind.rawValue << 1 | side.rawValue
        self.annex = annex
    }

    @inline(always) package var kind: Kind { Kind(rawValue: kindAndSide >> 1) ?? .ack }
    /// Who sent the segment, or the segment that an ICMP error quotes.
    @inline(always) package var side: Side { kindAndSide & 1 == 0 ? .low : .high }
    /// In nanoseconds since 1970.
    package var time: Int64 { facts.time }
    /// The frame's number in the input, from 1.
    package var packet: UInt64 { facts.packet }
    package var sequence: SequenceNumber { facts.sequence }
    package var acknowledgment: SequenceNumber { facts.acknowledgment }
    package var timestampValue: UInt32 { facts.options.timestampValue }
    package var timestampEcho: UInt32 { facts.options.timestampEcho }
    package var payloadLength: UInt32 { facts.payloadLength }
    /// The frame's length on the wire, in octets.
    package var frameLength: UInt32 { facts.frameLength }
    package var window: UInt16 { facts.window }
    package var maximumSegmentSize: UInt16 { facts.options.maximumSegmentSize }
    package var flags: TCPFlags { facts.flags }
    package var identification: UInt16 { facts.identification }
    package var windowScale: UInt8 { facts.options.windowScale }
    package var options: TCPOptions.Presence { facts.options.presence }
    package var timeToLive: UInt8 { facts.timeToLive }
    package var optionOrder: TCPOptions.Order { facts.options.order }

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

    /// Of a segment whose timestamp fell back: the newest that its sender had sent before (RFC 7323
    /// §5).
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
            facts: segment.facts,
            encapsulation: segment.encapsulation,
            kind: segment.eventKind,
            side: segment.side,
            annex: Address(high: segment.link.packed, low: 0)
        )
    }

    /// A data segment of which no more is remembered than it said.
    init(
        dataIn facts: SegmentFacts,
        from side: Side,
        encapsulation: EncapsulationID,
        incarnation: UInt16,
        contents: TLSContents
    ) {
        let kind = facts.flags.contains(.fin) ? Kind.fin : .data
        self.init(facts: facts, encapsulation: encapsulation, kind: kind, side: side)
        self.incarnation = incarnation
        self.contents = contents
    }

    /// What is known of a packet that is remembered only in parts.
    init(
        _ kind: Kind,
        at time: Int64,
        packet: UInt64,
        sequence: SequenceNumber,
        acknowledgment: SequenceNumber = SequenceNumber(0),
        flags: TCPFlags,
        from side: Side,
        encapsulation: EncapsulationID
    ) {
        var facts = SegmentFacts(at: time, packet: packet)
        facts.sequence = sequence
        facts.acknowledgment = acknowledgment
        facts.flags = flags
        self.init(facts: facts, encapsulation: encapsulation, kind: kind, side: side)
    }

    init(_ error: ICMPError, side: Side, in frame: FrameFacts) {
        var facts = SegmentFacts(
            at: frame.time,
            packet: frame.number,
            frameLength: frame.originalLength
        )
        facts.sequence = error.quoted.sequence
        facts.acknowledgment = error.quoted.acknowledgment
        facts.flags = error.quoted.flags
        facts.timeToLive = error.timeToLive
        if error.quoted.hasFlags { facts.options.presence = .quotedFlags }
        self.init(
            facts: facts,
            encapsulation: frame.encapsulation,
            kind: .icmp,
            side: side,
            annex: error.sender
        )
        (icmpType, icmpCode) = (error.type, error.code)
    }

    /// A packet that is part of no flow: when and where it was captured is all that it tells.
    init(
        _ kind: Kind,
        at time: Int64,
        packet: UInt64,
        frameLength: UInt32,
        in encapsulation: EncapsulationID
    ) {
        let facts = SegmentFacts(at: time, packet: packet, frameLength: frameLength)
        self.init(facts: facts, encapsulation: encapsulation, kind: kind, side: .low)
    }

    /// The first sequence number after this segment.
    package var sequenceEnd: SequenceNumber {
        let control: UInt32 = flags.contains(.syn) ? 1 : 0
        return sequence.advanced(by: payloadLength &+ control &+ (flags.contains(.fin) ? 1 : 0))
    }

    /// Whether it carries a signature of TCP MD5 or TCP-AO.
    package var isSigned: Bool { !options.isDisjoint(with: .signature) }

    package var hasTimestamps: Bool { options.contains(.timestamps) }

    /// For an ICMP error, whether the quote was long enough for `acknowledgment` and `flags`.
    var hasQuotedFlags: Bool { options.contains(.quotedFlags) }
}

extension Event.Kind {
    /// What sort of event a segment makes.
    @inline(always)
    init(flags: TCPFlags, payloadLength: UInt32) {
        if flags.contains(.rst) {
            self = .rst
        } else if flags.contains(.syn) {
            self = flags.contains(.ack) ? .synAck : .syn
        } else if flags.contains(.fin) {
            self = .fin
        } else {
            self = payloadLength > 0 ? .data : .ack
        }
    }
}

/// What the frame says of a packet beside its headers.
struct FrameFacts: BitwiseCopyable {
    let time: Int64
    let number: UInt64
    let originalLength: UInt32
    var encapsulation: EncapsulationID
    var link = LinkFacts()
}

extension FrameFacts {
    @inline(always)
    init(_ frame: borrowing Frame, encapsulation: EncapsulationID, link: LinkFacts) {
        time = frame.time
        number = frame.number
        originalLength = frame.originalLength
        self.encapsulation = encapsulation
        self.link = link
    }
}

extension Event {
    /// Whether it is a segment, and no RST.
    package var isOfConnection: Bool {
        switch kind {
        case .rst, .icmp, .formerConnection, .addressClaim, .portmap: false
        case .syn, .synAck, .fin, .data, .ack: true
        }
    }
}
