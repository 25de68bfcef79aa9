/// A piece of a payload of TLS that a diagnosis reads.
enum TLSPiece {
    /// A header of a record or message, an alert, or a part of one.
    case bytes(Range<Int>)
    /// A hello, behind the header of the message: where it begins, and where it ends by its own
    /// claim.
    case hello(isClient: Bool, Range<Int>)
}

/// The payload of a segment in its frame, and in its stream.
struct TLSStretch {
    /// What was captured of it.
    let range: Range<Int>
    let sequence: SequenceNumber
    /// What the segment claims to carry, in bytes.
    let claimed: UInt32
}

/// How far the records of one direction were followed, as `RecordStream` follows them: where the
/// next header is.
struct TLSPath {
    /// Segments that are waited for at a hole, as `EarlySegments` has it.
    private static let mostHoles: UInt8 = 8
    private static let messageHeaderLength = 4

    private var isBegun = false
    private var cursor = SequenceNumber(0)
    private var recordEnd = SequenceNumber(0)
    /// Whether the newest record holds handshake messages in the clear, of which this much is to
    /// come.
    private var hasMessages = false
    private var messageLeft: UInt32 = 0
    private var isEncrypted = false
    private var carried = 0
    private var carry: UInt64 = 0
    private var holes: UInt8 = 0
    /// The frame that was read last.
    var number: UInt64 = 0

    /// Whether a payload may begin a stream.
    static func mayBegin(_ original: RawSpan, at offset: Int) -> Bool {
        TLSSession.isHeader(original, at: offset)
    }

    /// The pieces of a payload.
    mutating func walk(_ stretch: TLSStretch, of original: RawSpan) -> [TLSPiece] {
        var offset = 0
        if isBegun {
            let ahead = stretch.sequence.distance(to: cursor)
            if ahead < 0 {
                holes &+= 1
                if holes <= Self.mostHoles { return Self.candidates(in: stretch, of: original) }
                isBegun = false
            } else {
                offset = Int(ahead)
            }
        }
        holes = 0
        if !isBegun {
            guard Self.mayBegin(original, at: stretch.range.lowerBound) else { return [] }
            isBegun = true
            (cursor, recordEnd) = (stretch.sequence, stretch.sequence)
            (carried, messageLeft, hasMessages) = (0, 0, false)
        }
        var pieces: [TLSPiece] = []
        while offset < Int(stretch.claimed), isBegun {
            guard offset < stretch.range.count else {
                isBegun = false
                break
            }
            offset =
                cursor != recordEnd && hasMessages && carried < Self.messageHeaderLength
                ? readMessage(at: offset, stretch, of: original, &pieces)
                : readHeader(at: offset, stretch, of: original, &pieces)
            cursor = stretch.sequence.advanced(by: UInt32(truncatingIfNeeded: offset))
        }
        return pieces
    }

    /// Gathers a header of so many bytes, which may lie in several segments.
    ///
    /// - Returns: the offset behind what was taken, and the header if it is whole.
    private mutating func gather(
        _ length: Int,
        at offset: Int,
        _ stretch: TLSStretch,
        of original: RawSpan
    ) -> (offset: Int, header: UInt64?) {
        var position = offset
        while carried < length, position < stretch.range.count {
            carry = carry << 8 | UInt64(original.octet(at: stretch.range.lowerBound + position))
            carried += 1
            position += 1
        }
        guard carried == length else { return (position, nil) }
        defer { (carried, carry) = (0, 0) }
        return (position, carry)
    }

    private mutating func readHeader(
        at offset: Int,
        _ stretch: TLSStretch,
        of original: RawSpan,
        _ pieces: inout [TLSPiece]
    ) -> Int {
        let begin = stretch.range.lowerBound
        hasMessages = false
        let (end, header) = gather(TLSSession.headerLength, at: offset, stretch, of: original)
        guard let header else {
            let first = UInt8(truncatingIfNeeded: carry >> UInt64(8 * (carried - 1)))
            if TLSRecordType(rawValue: first) != nil {
                pieces.append(.bytes(begin + offset..<begin + end))
            }
            return end
        }
        let type = UInt8(truncatingIfNeeded: header >> 32)
        let length = UInt16(truncatingIfNeeded: header)
        let version = UInt16(truncatingIfNeeded: header >> 16)
        guard TLSSession.isHeader(type: type, version: version, length: length),
            let kind = TLSRecordType(rawValue: type)
        else {
            // What is said here is no record: that there is something is all that counts.
            isBegun = false
            let cleared = begin + offset
            pieces.append(.bytes(cleared..<cleared))
            return end
        }
        pieces.append(.bytes(begin + offset..<begin + end))
        recordEnd = stretch.sequence.advanced(by: UInt32(end) &+ UInt32(length))
        switch kind {
        case .changeCipherSpec: isEncrypted = true
        case .alert where length == 2: pieces.append(.bytes(begin + end..<begin + end + 2))
        case .handshake:
            hasMessages = !isEncrypted || isHello(at: begin + end, recordLength: length, original)
            if hasMessages { return end }
        case .alert, .applicationData, .heartbeat: break
        }
        return end + Int(length)
    }

    /// Whether a record behind a ChangeCipherSpec is a hello: a second one, after a
    /// HelloRetryRequest (RFC 8446 §D.4).
    private func isHello(at offset: Int, recordLength: UInt16, _ original: RawSpan) -> Bool {
        guard original.byteCount >= offset + 4 else { return false }
        let word: UInt32 = original.bigEndian(at: offset)
        return [1, 2].contains(word >> 24) && word & 0xFF_FFFF == UInt32(recordLength) &- 4
    }

    private mutating func readMessage(
        at offset: Int,
        _ stretch: TLSStretch,
        of original: RawSpan,
        _ pieces: inout [TLSPiece]
    ) -> Int {
        let begin = stretch.range.lowerBound
        let position = stretch.sequence.advanced(by: UInt32(truncatingIfNeeded: offset))
        let left = UInt32(max(0, position.distance(to: recordEnd)))
        if messageLeft > 0 {
            let step = min(left, messageLeft)
            messageLeft -= step
            return offset + Int(step)
        }
        guard left + UInt32(carried) >= UInt32(Self.messageHeaderLength) else {
            (carried, carry) = (0, 0)
            return offset + Int(left)
        }
        let (end, header) = gather(Self.messageHeaderLength, at: offset, stretch, of: original)
        pieces.append(.bytes(begin + offset..<begin + end))
        guard let header else { return end }
        messageLeft = UInt32(truncatingIfNeeded: header & 0xFF_FFFF)
        let type = header >> 24
        if type == 1 || type == 2 {
            let body = begin + end..<begin + end + Int(messageLeft)
            pieces.append(.hello(isClient: type == 1, body))
        }
        let here = stretch.sequence.advanced(by: UInt32(truncatingIfNeeded: end))
        let step = min(UInt32(max(0, here.distance(to: recordEnd))), messageLeft)
        messageLeft -= step
        return end + Int(step)
    }

    /// What looks like headers in a segment that came before those in front of it: nobody knows yet
    /// where they are.
    private static func candidates(in stretch: TLSStretch, of original: RawSpan) -> [TLSPiece] {
        var pieces: [TLSPiece] = []
        var position = stretch.range.lowerBound
        while position + TLSSession.headerLength <= stretch.range.upperBound {
            guard TLSSession.isHeader(original, at: position) else {
                position += 1
                continue
            }
            let body = position + TLSSession.headerLength
            pieces.append(.bytes(position..<body))
            let length = Int(original.bigEndian(at: position + 3, as: UInt16.self))
            let type = original.octet(at: position)
            if type == TLSRecordType.alert.rawValue, length == 2 {
                pieces.append(.bytes(body..<body + 2))
            }
            if type == TLSRecordType.handshake.rawValue, length >= 4,
                body + 4 <= stretch.range.upperBound
            {
                let word: UInt32 = original.bigEndian(at: body)
                pieces.append(.bytes(body..<body + 4))
                if [1, 2].contains(word >> 24) {
                    let range = body + 4..<body + 4 + Int(word & 0xFF_FFFF)
                    pieces.append(.hello(isClient: word >> 24 == 1, range))
                }
            }
            position = body + length
        }
        return pieces
    }
}

/// The streams of TLS that are followed.
struct TLSPaths {
    /// Follow at most this many directions; beyond it, the half that was quiet longest is
    /// forgotten.
    static let limit = 65_536

    private struct Key: Hashable {
        let source: Endpoint
        let destination: Endpoint
        let encapsulation: Encapsulation
    }

    private var paths: [Key: TLSPath] = [:]

    /// The pieces of a segment's payload that a diagnosis reads.
    mutating func walk(
        _ stretch: TLSStretch,
        of original: RawSpan,
        from datagram: DatagramLayout,
        _ ports: (UInt16, UInt16),
        _ decoded: DecodedFrame,
        _ number: UInt64
    ) -> [TLSPiece] {
        let key = Self.key(datagram, ports, decoded)
        guard var path = paths[key] else {
            guard TLSPath.mayBegin(original, at: stretch.range.lowerBound) else { return [] }
            if paths.count >= Self.limit { forgetQuiet() }
            var path = TLSPath()
            path.number = number
            let pieces = path.walk(stretch, of: original)
            paths[key] = path
            return pieces
        }
        path.number = number
        let pieces = path.walk(stretch, of: original)
        paths[key] = path
        return pieces
    }

    /// Forgets what was said between two ends before: a SYN begins anew.
    mutating func forget(
        _ datagram: DatagramLayout,
        _ ports: (UInt16, UInt16),
        _ decoded: DecodedFrame
    ) {
        if paths.isEmpty { return }
        paths[Self.key(datagram, ports, decoded)] = nil
    }

    private static func key(
        _ datagram: DatagramLayout,
        _ ports: (UInt16, UInt16),
        _ decoded: DecodedFrame
    ) -> Key {
        Key(
            source: Endpoint(datagram.source, port: ports.0),
            destination: Endpoint(datagram.destination, port: ports.1),
            encapsulation: decoded.encapsulation
        )
    }

    private mutating func forgetQuiet() {
        let numbers = paths.values.map(\.number).sorted()
        let middle = numbers[numbers.count / 2]
        paths = paths.filter { $0.value.number > middle }
    }
}
