/// What of a payload stays: by what its protocol is known, and the code by which a server turns a
/// client away.
extension FrameRewriter {
    /// Beginnings that say all that is looked at, and no more than their protocol.
    private static let beginnings = [
        "-ERR max number", "-DENIED ", "* BYE", "Exceeded MaxStartups", "Not allowed at this time",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "SSH-2.0-", "PROXY ",
    ]
    private static let proxySignature: [UInt8] = [
        0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A,
    ]
    /// As the length of a record, more than there is, whether it has bytes of a fixed number or of
    /// seven bits: that the rest is missing explains itself to whatever reads it.
    private static let longRecord: [UInt8] = [0xFF, 0x7F, 0xFF, 0xFF, 0xFF]
    /// By fewer bytes, nothing is known.
    private static let leastLength = 5

    /// Puts into a payload that was cleared what its class is known by.
    mutating func keepOpening(in payload: Range<Int>, of original: RawSpan) {
        let octets = original.extracting(payload)
        let kept = Self.opening(of: octets)
        buffer.set(kept.prefix(payload.count), from: payload.lowerBound)
        let length = min(max(kept.count, Self.leastLength), payload.count)
        end = max(end, payload.lowerBound + length)
    }

    private static func opening(of payload: RawSpan) -> [UInt8] {
        func first(_ count: Int) -> [UInt8] {
            (0..<min(count, payload.byteCount)).map { payload.octet(at: $0) }
        }
        switch PayloadClass(of: payload) {
        case .unknown: return []
        case .binary: return Array(longRecord.prefix(payload.byteCount))
        case .tlsDeclined: return first(1)
        case .tls, .tlsAlert: return first(3)
        case .httpRequest: return first(4)
        case .httpResponse, .httpError, .httpBadRequest, .httpGatewayTimeout:
            let head = first(12)
            let isStatus =
                head.count == 12 && head.starts(with: "HTTP/1.".utf8) && head[8] == 0x20
                && head[9...].allSatisfy { (0x30...0x39).contains($0) }
            return isStatus ? head : first(4)
        case .http2Frame: return first(9)
        // The digits behind the first say in what form the rest is.
        case .reply: return line(first(1) + [0x30, 0x30] + first(4).suffix(1), payload)
        case .text: return line(Array("xxxx".utf8), payload)
        case .http2, .ssh, .proxyHeader:
            if first(12) == proxySignature { return proxySignature }
            return beginnings.first { payload.begins(with: $0) }.map { Array($0.utf8) } ?? first(4)
        case .refusal: return refusal(in: payload)
        }
    }

    /// A line of its own, so that who reads lines finds its end.
    private static func line(_ words: [UInt8], _ payload: RawSpan) -> [UInt8] {
        words + (payload.byteCount > words.count + 1 ? [0x0D, 0x0A] : [0x0A])
    }

    private static func refusal(in payload: RawSpan) -> [UInt8] {
        func first(_ count: Int) -> [UInt8] {
            (0..<min(count, payload.byteCount)).map { payload.octet(at: $0) }
        }
        switch ServerRefusal(of: payload) {
        case .none: return []
        case .mail, .mailBusy, .pop: return first(4)
        case .imap, .redisLimit, .redisAccess, .sshLimit, .sshAccess:
            return beginnings.first { payload.begins(with: $0) }.map { Array($0.utf8) } ?? first(4)
        case .mysqlLimit, .mysqlAccess, .mysql: return first(7)
        case .postgresLimit, .postgresAccess, .postgresShutdown, .postgres:
            return postgres(payload)
        }
    }

    /// An ErrorResponse whose texts are letters; its code is one of the standard (SQLSTATE).
    private static func postgres(_ payload: RawSpan) -> [UInt8] {
        let code = ServerWords.field(0x43, ofPostgreSQL: payload)
        var kept = (0..<min(5, payload.byteCount)).map { payload.octet(at: $0) }
        guard let code, code.count == 5,
            code.allSatisfy({
                (0x30...0x39).contains(payload.octet(at: $0))
                    || (0x41...0x5A).contains(payload.octet(at: $0))
            })
        else { return kept }
        var isType = true
        for offset in 5..<code.upperBound {
            let byte = payload.octet(at: offset)
            kept.append(isType || byte == 0 || code.contains(offset) ? byte : 0x78)
            isType = byte == 0
        }
        return kept + [0]
    }
}
