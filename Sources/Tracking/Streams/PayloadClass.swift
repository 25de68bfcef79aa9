/// What the first bytes that an end sends look like.
///
/// Nothing of them is kept.
package enum PayloadClass: UInt8, BitwiseCopyable, Sendable {
    /// Nothing was captured of them.
    case unknown
    /// A TLS record (RFC 8446 §5.1), and one that holds an alert.
    case tls, tlsAlert
    case httpRequest, httpResponse
    /// The preface of an HTTP/2 client, and a frame that begins a server's stream (RFC 9113 §3.4,
    /// §4.1).
    case http2, http2Frame
    /// A response with a status of 400 or more (RFC 9110 §15.5).
    case httpError
    /// One that could not be read as a request: 400, or 505 for its version.
    case httpBadRequest
    /// One by which a proxy says that the server behind it did not answer in time: 504 (RFC 9110
    /// §15.6.5).
    case httpGatewayTimeout
    case ssh
    /// A reply of SMTP, FTP, POP3 or IMAP that is not a refusal.
    case reply
    /// A text or packet by which a server turns a client away, as `ServerRefusal` tells.
    case refusal
    /// One byte by which PostgreSQL declines TLS: what follows is what counts.
    case tlsDeclined
    /// The header of the PROXY protocol, as text or binary, behind which another protocol begins.
    case proxyHeader
    case text
    case binary

    /// Looks at the first bytes of a payload.
    init(of payload: RawSpan) {
        guard payload.byteCount >= 5 else {
            let isDeclined = payload.byteCount == 1 && payload.octet(at: 0) == 0x4E
            self = isDeclined ? .tlsDeclined : payload.byteCount > 0 ? .binary : .unknown
            return
        }
        let word: UInt32 = payload.bigEndian(at: 0)
        switch word >> 8 {
        case 0x16_03_00...0x16_03_04: self = .tls
        case 0x15_03_00...0x15_03_04: self = .tlsAlert
        default: self = Self.ofText(word, payload)
        }
    }

    @inline(always)
    private static func ofText(_ word: UInt32, _ payload: RawSpan) -> PayloadClass {
        switch word {
        // `GET `, `POST`, `PUT `, `HEAD`, `OPTI`, `DELE`, `PATC`, `CONN`, `TRAC`.
        case 0x4745_5420, 0x504F_5354, 0x5055_5420, 0x4845_4144, 0x4F50_5449, 0x4445_4C45,
            0x5041_5443, 0x434F_4E4E, 0x5452_4143:
            return .httpRequest
        case 0x5052_4920: return .http2
        case 0x4854_5450: return response(payload)
        case 0x5353_482D: return .ssh
        // `PROX`, and CR LF CR LF of the binary header.
        case 0x5052_4F58, 0x0D0A_0D0A: return .proxyHeader
        default: break
        }
        if ServerRefusal.mayBegin(word, payload), ServerRefusal(of: payload) != .none {
            return .refusal
        }
        if isReply(word) { return .reply }
        if isFrame(word, payload) { return .http2Frame }
        // Each byte from 0x20 to 0x7F.
        let isText = word & 0x8080_8080 == 0 && (word &+ 0x6060_6060) & 0x8080_8080 == 0x8080_8080
        return isText ? .text : .binary
    }

    /// By the status in `HTTP/1.1 400 Bad Request`.
    private static func response(_ payload: RawSpan) -> PayloadClass {
        guard payload.byteCount >= 12 else { return .httpResponse }
        switch payload.bigEndian(at: 8, as: UInt32.self) {
        case 0x2034_3030, 0x2035_3035: return .httpBadRequest
        case 0x2035_3034: return .httpGatewayTimeout
        case let status:
            let isError = status >> 16 == 0x2034 || status >> 16 == 0x2035
            return isError ? .httpError : .httpResponse
        }
    }

    /// Three digits, the first of them 1 to 5, and a space or a hyphen (RFC 5321 §4.2, RFC 959
    /// §4.2).
    @inline(always)
    private static func isReply(_ word: UInt32) -> Bool {
        let end = word & 0xFF
        return end == 0x20 && isNumber(word) || end == 0x2D && isNumber(word)
    }

    private static func isNumber(_ word: UInt32) -> Bool {
        (0x31...0x35).contains(word >> 24) && (0x30...0x39).contains(word >> 16 & 0xFF)
            && (0x30...0x39).contains(word >> 8 & 0xFF)
    }

    /// SETTINGS or GOAWAY, on stream 0: what a server of HTTP/2 begins with (RFC 9113 §6.5, §6.8).
    private static func isFrame(_ word: UInt32, _ payload: RawSpan) -> Bool {
        guard word >> 16 == 0, word & 0xFF == 4 || word & 0xFF == 7, payload.byteCount >= 9 else {
            return false
        }
        return payload.bigEndian(at: 5, as: UInt32.self) == 0
    }
}

extension PayloadClass {
    /// Whether a server that begins so may say in words why it does not serve its client.
    func maySayWhy(inAnswerTo request: PayloadClass) -> Bool {
        switch self {
        case .refusal, .httpError, .httpBadRequest, .httpGatewayTimeout: true
        case .reply, .text, .ssh, .httpResponse:
            request == .tls || request == .proxyHeader || request == .http2
        case .unknown, .tls, .tlsAlert, .httpRequest, .http2, .http2Frame, .tlsDeclined,
            .proxyHeader, .binary:
            false
        }
    }
}
