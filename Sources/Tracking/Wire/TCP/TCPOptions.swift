/// What the options of a TCP header say (RFC 9293 §3.1; RFC 7323; RFC 2018; RFC 7413; RFC 2385;
/// RFC 5925).
package struct TCPOptions: Hashable, BitwiseCopyable, Sendable {
    /// Which options are there, and whether their list is sound.
    package struct Presence: OptionSet, Hashable, BitwiseCopyable, Sendable {
        package let rawValue: UInt16

        @inline(always)
        package init(rawValue: UInt16) {
            self.rawValue = rawValue
        }

        package static let maximumSegmentSize = Presence(rawValue: 1)
        package static let windowScale = Presence(rawValue: 2)
        package static let selectiveAcknowledgment = Presence(rawValue: 4)
        package static let timestamps = Presence(rawValue: 8)
        package static let fastOpen = Presence(rawValue: 16)
        /// An option's length is impossible, or reaches past the header.
        package static let malformed = Presence(rawValue: 32)
        /// The capture holds less of the options than the header has.
        package static let cut = Presence(rawValue: 64)
        /// In an event of an ICMP error: the quote reaches as far as the TCP flags.
        static let quotedFlags = Presence(rawValue: 128)
        /// A signature of TCP MD5 (RFC 2385 §2).
        package static let md5Signature = Presence(rawValue: 256)
        /// A message authentication code of TCP-AO (RFC 5925 §2.2).
        package static let authentication = Presence(rawValue: 512)
        /// Blocks of what arrived out of order (RFC 2018 §3).
        package static let selectiveBlocks = Presence(rawValue: 1024)
        /// Either of the two.
        package static let signature: Presence = [.md5Signature, .authentication]
    }

    /// In which order the four usual options stand: stacks differ in it, and a report shows it.
    package struct Order: Hashable, BitwiseCopyable, Sendable {
        /// The usual options.
        package enum Kind: UInt8 {
            case maximumSegmentSize, windowScale, selectiveAcknowledgment, timestamps
        }

        /// Two bits a position, the first lowest.
        private var packed: UInt8 = 0

        package init() {}

        private init(packed: UInt8) { self.packed = packed }

        /// That of a segment with no other usual option.
        static var timestampsAlone: Order { Order(packed: Kind.timestamps.rawValue) }

        /// That of all four in a SYN of Linux: segment size, SACK, timestamps, window scale.
        static var linux: Order {
            let (sack, timestamps) = (Kind.selectiveAcknowledgment, Kind.timestamps)
            let front = Kind.maximumSegmentSize.rawValue | sack.rawValue << 2
            return Order(packed: front | timestamps.rawValue << 4 | Kind.windowScale.rawValue << 6)
        }

        /// The kinds in their positions, the first `count` of them.
        package func kinds(_ count: Int) -> [Kind] {
            (0..<min(count, 4)).compactMap { Kind(rawValue: packed >> (2 * $0) & 3) }
        }

        mutating func append(_ kind: Kind, at position: Int) {
            if position < 4 { packed |= kind.rawValue << (2 * position) }
        }
    }

    package var timestampValue: UInt32 = 0
    package var timestampEcho: UInt32 = 0
    /// In octets.
    package var maximumSegmentSize: UInt16 = 0
    package var presence = Presence(rawValue: 0)
    /// The shift count of the window scale option.
    package var windowScale: UInt8 = 0
    package var order = Order()

    @inline(always)
    package init() {}

    /// Reads the options in `header`, which may be cut short of `length`, the header's own claim.
    @inline(always)
    init(header: RawSpan, length: Int) {
        let end = min(length, header.byteCount)
        guard end > TCPHeader.minimumLength else {
            if end < length { presence = .cut }
            return
        }
        // NOP, NOP, timestamps: what nearly every segment of an established connection carries.
        if length == 32, end == 32, header.bigEndian(at: 20, as: UInt32.self) == 0x0101_080A {
            presence = .timestamps
            order = .timestampsAlone
            timestampValue = header.bigEndian(at: 24)
            timestampEcho = header.bigEndian(at: 28)
            return
        }
        read(header, from: TCPHeader.minimumLength, to: end, isCut: end < length)
    }

    /// Reads the options of the header at `offset`, of which all was captured.
    @inline(always)
    mutating func read(plain octets: RawSpan, at offset: Int, length: Int) {
        // NOP, NOP, timestamps: what nearly every segment of an established connection carries.
        if length == 32, octets.plain(at: offset &+ 20, as: UInt32.self) == 0x0101_080A {
            (presence, order) = (.timestamps, .timestampsAlone)
            (windowScale, maximumSegmentSize) = (0, 0)
            timestampValue = octets.plain(at: offset &+ 24)
            timestampEcho = octets.plain(at: offset &+ 28)
        } else if length == TCPHeader.minimumLength {
            self = TCPOptions()
        } else {
            self = TCPOptions(other: octets, at: offset, length: length)
        }
    }

    @inline(never)
    private init(other octets: RawSpan, at offset: Int, length: Int) {
        // What nearly every SYN of Linux carries: segment size, SACK, timestamps, NOP, window
        // scale.
        if length == 40, octets.plain(at: offset &+ 20, as: UInt16.self) == 0x0204,
            octets.plain(at: offset &+ 24, as: UInt32.self) == 0x0402_080A,
            octets.plain(at: offset &+ 36, as: UInt32.self) >> 8 == 0x01_0303
        {
            presence = .usual
            order = .linux
            maximumSegmentSize = octets.plain(at: offset &+ 22)
            timestampValue = octets.plain(at: offset &+ 28)
            timestampEcho = octets.plain(at: offset &+ 32)
            windowScale = octets.plain(at: offset &+ 39)
            return
        }
        let header = octets.extracting(droppingFirst: offset)
        read(header, from: TCPHeader.minimumLength, to: length, isCut: false)
    }

    @inline(never)
    private mutating func read(_ header: RawSpan, from start: Int, to end: Int, isCut: Bool) {
        if isCut { presence.insert(.cut) }
        var offset = start
        while offset < end {
            let kind = header.octet(at: offset)
            if kind == 0 { return }
            if kind == 1 {
                offset += 1
                continue
            }
            let length = offset + 1 < end ? Int(header.octet(at: offset + 1)) : 0
            guard length >= 2, offset + length <= end else {
                if !isCut { presence.insert(.malformed) }
                return
            }
            take(kind, length, header, at: offset + 2)
            offset += length
        }
    }

    private mutating func take(_ kind: UInt8, _ length: Int, _ header: RawSpan, at offset: Int) {
        let position = presence.usualCount
        switch (kind, length) {
        case (2, 4):
            order.append(.maximumSegmentSize, at: position)
            presence.insert(.maximumSegmentSize)
            maximumSegmentSize = header.bigEndian(at: offset)
        case (3, 3):
            order.append(.windowScale, at: position)
            presence.insert(.windowScale)
            windowScale = header.octet(at: offset)
        case (4, 2):
            order.append(.selectiveAcknowledgment, at: position)
            presence.insert(.selectiveAcknowledgment)
        case (5, 10...): presence.insert(.selectiveBlocks)
        case (8, 10):
            order.append(.timestamps, at: position)
            presence.insert(.timestamps)
            timestampValue = header.bigEndian(at: offset)
            timestampEcho = header.bigEndian(at: offset + 4)
        case (34, _):
            presence.insert(.fastOpen)
        case (19, 18):
            presence.insert(.md5Signature)
        case (29, 4...):
            presence.insert(.authentication)
        case (2, _), (3, _), (4, _), (8, _):
            presence.insert(.malformed)
        default:
            break
        }
    }
}

extension TCPOptions.Presence {
    /// All of the four usual options.
    fileprivate static let usual = TCPOptions.Presence(rawValue: 0x0F)

    /// How many of the four usual options are there.
    package var usualCount: Int { (rawValue & 0x0F).nonzeroBitCount }
}
