/// How the records of a segment are read.
extension TLSSession {
    private static let headerLength = 5
    private static let messageHeaderLength = 4
    /// A record's payload is no longer, with what encryption adds (RFC 5246 §6.2.3).
    private static let longestRecord: UInt16 = 16_384 + 2048

    /// Where a segment came from.
    struct Source {
        let side: Side
        let sequence: SequenceNumber
        let packet: UInt64
        let time: Int64
        /// What the segment claims to carry, in octets, of which less may have been captured.
        let length: UInt32
    }

    /// Whether octets begin with a header of a record of a known type and version, of possible length.
    static func isHeader(_ octets: RawSpan, at offset: Int = 0) -> Bool {
        guard octets.byteCount >= offset + headerLength else { return false }
        return isHeader(
            type: octets.octet(at: offset),
            version: octets.bigEndian(at: offset + 1),
            length: octets.bigEndian(at: offset + 3)
        )
    }

    private static func isHeader(type: UInt8, version: UInt16, length: UInt16) -> Bool {
        TLSRecordType(rawValue: type) != nil && (0x0300...0x0304).contains(version)
            && length > 0 && length <= longestRecord
    }

    /// Whether a connection that was none so far becomes a TLS session here: by a ClientHello, or by any message of
    /// the server's where the capture began later.
    static func begins(with octets: RawSpan) -> Bool {
        guard isHeader(octets), octets.octet(at: 0) == TLSRecordType.handshake.rawValue,
            octets.byteCount > headerLength + 1
        else { return false }
        // No message is so long that more than one bit of its length's highest octet is set.
        guard octets.octet(at: headerLength + 1) <= 1 else { return false }
        return [1, 2, 11, 12, 14, 16].contains(octets.octet(at: headerLength))
    }

    /// Reads the headers that a segment brings.
    ///
    /// - Returns: `false` for a segment behind a hole over a header: it is to be read when the hole is filled.
    mutating func read(_ octets: RawSpan, from source: Source) -> Bool {
        let side = source.side
        self[side].contents = []
        if self[side].marks.intersection([.isExpected, .begun, .lost]) == .isExpected {
            let ahead = source.sequence.distance(to: self[side].cursor)
            if ahead < 0 { return false }
            guard ahead == 0, Self.isHeader(octets) else {
                // Something else than TLS is said first.
                let end = source.sequence.advanced(by: source.length)
                if self[side].cursor.distance(to: end) > 0 { self[side].cursor = end }
                return true
            }
        }
        if !self[side].marks.contains(.begun) || self[side].marks.contains(.lost) {
            guard Self.isHeader(octets) else { return true }
            self[side].marks.insert(.begun)
            self[side].marks.subtract([.lost, .inHeader])
            self[side].carried = 0
            self[side].messageLeft = 0
            self[side].cursor = source.sequence
            self[side].recordEnd = source.sequence
        }
        let ahead = source.sequence.distance(to: self[side].cursor)
        if ahead < 0 { return false }
        var offset = Int(ahead)
        while offset < Int(source.length),
            self[side].marks.isDisjoint(with: [.lost, .endsInPlaintext])
        {
            guard offset < octets.byteCount else {
                self[side].lose()
                break
            }
            let isInMessages =
                self[side].cursor != self[side].recordEnd && self[side].carriesMessages
            offset =
                isInMessages
                ? readMessage(in: octets, at: offset, from: source)
                : readHeader(in: octets, at: offset, from: source)
            self[side].cursor = source.sequence.advanced(by: UInt32(truncatingIfNeeded: offset))
        }
        return true
    }

    /// Gathers a header of `length` octets.
    ///
    /// - Returns: the offset behind what was taken, and the header if it is whole.
    private mutating func gather(
        _ length: Int,
        in octets: RawSpan,
        at offset: Int,
        from side: Side
    ) -> (offset: Int, header: UInt64?) {
        var place = offset
        while self[side].carried < length, place < octets.byteCount {
            self[side].carry = self[side].carry << 8 | UInt64(octets.octet(at: place))
            self[side].carried += 1
            place += 1
        }
        guard self[side].carried == length else { return (place, nil) }
        defer {
            self[side].carried = 0
            self[side].carry = 0
        }
        return (place, self[side].carry)
    }

    private mutating func readHeader(
        in octets: RawSpan,
        at offset: Int,
        from source: Source
    ) -> Int {
        let side = source.side
        let isFresh = self[side].carried == 0
        let (end, header) = gather(Self.headerLength, in: octets, at: offset, from: side)
        if isFresh, self[side].alert != nil, !Self.mayBeginHeader(octets.octet(at: offset)) {
            meetPlaintext(from: source)
            return offset
        }
        guard let header else {
            self[side].marks.insert(.inHeader)
            return end
        }
        self[side].marks.remove(.inHeader)
        let type = UInt8(truncatingIfNeeded: header >> 32)
        let length = UInt16(truncatingIfNeeded: header)
        let version = UInt16(truncatingIfNeeded: header >> 16)
        guard let kind = TLSRecordType(rawValue: type),
            Self.isHeader(type: type, version: version, length: length)
        else {
            if self[side].alert != nil || !hasHoles {
                meetPlaintext(from: source)
            } else {
                self[side].lose()
            }
            return end
        }
        self[side].recordEnd = source.sequence
            .advanced(by: UInt32(truncatingIfNeeded: end) &+ UInt32(length))
        return take(kind, length: length, in: octets, at: end, from: source)
    }

    private static func mayBeginHeader(_ octet: UInt8) -> Bool {
        TLSRecordType(rawValue: octet) != nil
    }

    private var hasHoles: Bool { low.hasGap || high.hasGap }

    private mutating func meetPlaintext(from source: Source) {
        self[source.side].marks.insert(.endsInPlaintext)
        self[source.side].plaintextPacket = source.packet
        self[source.side].plaintextTime = source.time
    }

    /// Reads the header of a handshake message in the clear, or steps over what is left of one.
    private mutating func readMessage(
        in octets: RawSpan,
        at offset: Int,
        from source: Source
    ) -> Int {
        let side = source.side
        let place = source.sequence.advanced(by: UInt32(truncatingIfNeeded: offset))
        let left = UInt32(max(0, place.distance(to: self[side].recordEnd)))
        if self[side].messageLeft > 0 {
            let step = min(left, self[side].messageLeft)
            self[side].messageLeft -= step
            return offset + Int(step)
        }
        // A header that goes on in the next record is too rare to follow.
        guard left + UInt32(self[side].carried) >= UInt32(Self.messageHeaderLength) else {
            self[side].carried = 0
            self[side].carry = 0
            return offset + Int(left)
        }
        let (end, header) = gather(Self.messageHeaderLength, in: octets, at: offset, from: side)
        guard let header else { return end }
        let type = UInt8(truncatingIfNeeded: header >> 24)
        self[side].messageLeft = UInt32(truncatingIfNeeded: header & 0xFF_FFFF)
        takeMessage(TLSMessage(type: type), in: octets, at: end, from: source)
        let rest = UInt32(
            max(
                0,
                source.sequence.advanced(by: UInt32(truncatingIfNeeded: end))
                    .distance(to: self[side].recordEnd)
            )
        )
        let step = min(rest, self[side].messageLeft)
        self[side].messageLeft -= step
        return end + Int(step)
    }
}

extension RecordStream {
    /// Whether the newest record holds handshake messages in the clear.
    fileprivate var carriesMessages: Bool {
        lastType == .handshake && marks.isDisjoint(with: [.isEncrypted, .inHeader])
    }
}
