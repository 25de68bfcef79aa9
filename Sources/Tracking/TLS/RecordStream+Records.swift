/// How the records of a segment are read.
extension RecordStream {
    private static let messageHeaderLength = 4
    /// Of a list of certificates without any, up to TLS 1.2.
    private static let emptyListLength: UInt32 = 3

    /// Reads the headers that a segment brings.
    ///
    /// - Returns: `false` for a segment behind a hole over a header: it is to be read when the hole
    ///   is filled.
    mutating func read(
        _ octets: RawSpan,
        from source: TLSSession.Source,
        in context: inout TLSContext
    ) -> Bool {
        contents = TLSContents(rawValue: 0)
        marks.remove(.isMilestone)
        // Where a header is to begin, none begins with a zero.
        if awaitsHeader, Self.isPadding(octets, from: 0, of: source.length) { return true }
        if marks.intersection([.isExpected, .begun, .lost]) == .isExpected {
            let ahead = source.sequence.distance(to: cursor)
            if ahead < 0 { return false }
            guard ahead == 0, TLSSession.isHeader(octets) else {
                // Something else than TLS is said first.
                let end = source.sequence.advanced(by: source.length)
                if cursor.distance(to: end) > 0 { cursor = end }
                return true
            }
        }
        if !marks.contains(.begun) || marks.contains(.lost) {
            guard TLSSession.isHeader(octets) else { return true }
            marks.insert(.begun)
            marks.subtract([.lost, .inHeader])
            carried = 0
            messageLeft = 0
            cursor = source.sequence
            recordEnd = source.sequence
        }
        let ahead = source.sequence.distance(to: cursor)
        if ahead < 0 { return false }
        var offset = Int(ahead)
        while offset < Int(source.length),
            marks.isDisjoint(with: [.lost, .endsInPlaintext])
        {
            guard offset < octets.byteCount else {
                lose()
                break
            }
            // The end of a record may be filled up like a bare ACK.
            if awaitsHeader, Self.isPadding(octets, from: offset, of: source.length) { break }
            let isInMessages =
                cursor != recordEnd && carriesMessages
            offset =
                isInMessages
                ? readMessage(in: octets, at: offset, from: source, in: &context)
                : readHeader(in: octets, at: offset, from: source, in: &context)
            cursor = source.sequence.advanced(by: UInt32(truncatingIfNeeded: offset))
        }
        return true
    }

    /// Whether what comes next begins a record.
    private var awaitsHeader: Bool {
        carried == 0 && (!marks.contains(.begun) || cursor == recordEnd)
    }

    /// What fills a bare ACK up to the shortest frame of Ethernet (RFC 894), in octets.
    private static let longestPadding: UInt32 = 6

    /// Whether a segment carries the padding of its frame, which some devices count as payload.
    private static func isPadding(_ octets: RawSpan, from offset: Int, of length: UInt32) -> Bool {
        length <= UInt32(truncatingIfNeeded: offset) &+ longestPadding && octets.byteCount > offset
            && (offset..<octets.byteCount).allSatisfy { octets.octet(at: $0) == 0 }
    }

    /// Gathers a header of `length` octets.
    ///
    /// - Returns: the offset behind what was taken, and the header if it is whole.
    private mutating func gather(
        _ length: Int,
        in octets: RawSpan,
        at offset: Int
    ) -> (offset: Int, header: UInt64?) {
        if carried == 0, octets.byteCount - offset >= 8 {
            let word: UInt64 = octets.bigEndian(at: offset)
            return (offset + length, word >> UInt64(64 - 8 * length))
        }
        var position = offset
        while carried < length, position < octets.byteCount {
            carry = carry << 8 | UInt64(octets.octet(at: position))
            carried += 1
            position += 1
        }
        guard carried == length else { return (position, nil) }
        defer {
            carried = 0
            carry = 0
        }
        return (position, carry)
    }

    private mutating func readHeader(
        in octets: RawSpan,
        at offset: Int,
        from source: TLSSession.Source,
        in context: inout TLSContext
    ) -> Int {
        let isFresh = carried == 0
        let (end, header) = gather(TLSSession.headerLength, in: octets, at: offset)
        if isFresh, alert != nil, !Self.mayBeginHeader(octets.octet(at: offset)) {
            meetPlaintext(from: source)
            return offset
        }
        guard let header else {
            marks.insert(.inHeader)
            return end
        }
        marks.remove(.inHeader)
        let type = UInt8(truncatingIfNeeded: header >> 32)
        let length = UInt16(truncatingIfNeeded: header)
        let version = UInt16(truncatingIfNeeded: header >> 16)
        guard let kind = TLSRecordType(rawValue: type),
            TLSSession.isHeader(type: type, version: version, length: length)
        else {
            if alert != nil || !(hasGap || context.otherHasGap) {
                meetPlaintext(from: source)
            } else {
                lose()
            }
            return end
        }
        recordEnd = source.sequence
            .advanced(by: UInt32(truncatingIfNeeded: end) &+ UInt32(length))
        return take(kind, length: length, in: octets, at: end, from: source, &context)
    }

    private static func mayBeginHeader(_ octet: UInt8) -> Bool {
        TLSRecordType(rawValue: octet) != nil
    }

    private mutating func meetPlaintext(from source: TLSSession.Source) {
        marks.insert(.endsInPlaintext)
        plaintextPacket = source.packet
        marks.insert(.isMilestone)
        plaintextTime = source.time
    }

    /// Reads the header of a handshake message in the clear, or steps over what is left of one.
    private mutating func readMessage(
        in octets: RawSpan,
        at offset: Int,
        from source: TLSSession.Source,
        in context: inout TLSContext
    ) -> Int {
        let position = source.sequence.advanced(by: UInt32(truncatingIfNeeded: offset))
        let left = UInt32(max(0, position.distance(to: recordEnd)))
        if messageLeft > 0 {
            let step = min(left, messageLeft)
            messageLeft -= step
            return offset + Int(step)
        }
        // A header that goes on in the next record is too rare to follow.
        guard left + UInt32(carried) >= UInt32(Self.messageHeaderLength) else {
            carried = 0
            carry = 0
            return offset + Int(left)
        }
        let (end, header) = gather(Self.messageHeaderLength, in: octets, at: offset)
        guard let header else { return end }
        let type = UInt8(truncatingIfNeeded: header >> 24)
        messageLeft = UInt32(truncatingIfNeeded: header & 0xFF_FFFF)
        let message = TLSMessage(type: type)
        takeMessage(message, in: octets, at: end, from: source, &context)
        if message == .certificate, messageLeft == Self.emptyListLength {
            messages.insert(.emptyCertificate)
        }
        let rest = UInt32(
            max(
                0,
                source.sequence.advanced(by: UInt32(truncatingIfNeeded: end))
                    .distance(to: recordEnd)
            )
        )
        let step = min(rest, messageLeft)
        messageLeft -= step
        return end + Int(step)
    }
}

extension RecordStream {
    /// Whether the newest record holds handshake messages in the clear.
    private var carriesMessages: Bool {
        lastType == .handshake && marks.isDisjoint(with: [.isEncrypted, .inHeader])
    }
}
