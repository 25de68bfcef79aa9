/// What the first bytes that an end sends look like.
///
/// Nothing of them is kept.
package enum PayloadClass: UInt8, BitwiseCopyable, Sendable {
    /// Nothing was captured of them.
    case unknown
    /// A TLS record (RFC 8446 §5.1), and one that holds an alert.
    case tls, tlsAlert
    case httpRequest, httpResponse
    /// A response with a status of 400 or more (RFC 9110 §15.5).
    case httpError
    case ssh
    /// A reply of SMTP, FTP, POP3 or IMAP that is none of refusal.
    case reply
    /// A text or packet by which a server turns a client away: a reply code of 4xx or 5xx, `-ERR`,
    /// `* BYE`, an error packet of MySQL or PostgreSQL.
    case refusal
    /// The header of the PROXY protocol, behind which another protocol begins.
    case proxyHeader
    case text
    case binary

    /// Looks at the first bytes of a payload.
    init(of payload: RawSpan) {
        guard payload.byteCount >= 5 else {
            self = payload.byteCount > 0 ? .binary : .unknown
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
        // `GET `, `POST`, `PUT `, `HEAD`, `OPTI`, `DELE`, `PATC`, `CONN`, `TRAC`, and `PRI ` of HTTP/2.
        case 0x4745_5420, 0x504F_5354, 0x5055_5420, 0x4845_4144, 0x4F50_5449, 0x4445_4C45,
            0x5041_5443, 0x434F_4E4E, 0x5452_4143, 0x5052_4920:
            return .httpRequest
        case 0x4854_5450: return isHTTPError(payload) ? .httpError : .httpResponse
        case 0x5353_482D: return .ssh
        case 0x5052_4F58: return .proxyHeader
        // `-ERR` and `* BYE`.
        case 0x2D45_5252, 0x2A20_4259: return .refusal
        default: break
        }
        if isReply(word) { return word >> 24 >= 0x34 ? .refusal : .reply }
        if isDatabaseError(word, payload) { return .refusal }
        // Each byte from 0x20 to 0x7F.
        let isText = word & 0x8080_8080 == 0 && (word &+ 0x6060_6060) & 0x8080_8080 == 0x8080_8080
        return isText ? .text : .binary
    }

    /// Whether the status of `HTTP/1.1 400` begins with 4 or 5.
    private static func isHTTPError(_ payload: RawSpan) -> Bool {
        payload.byteCount > 9 && (0x34...0x35).contains(payload.octet(at: 9))
    }

    /// Three digits, the first of them 1 to 5, and a space or hyphen (RFC 5321 §4.2, RFC 959 §4.2).
    @inline(always)
    private static func isReply(_ word: UInt32) -> Bool {
        let end = word & 0xFF
        return end == 0x20 && isNumber(word) || end == 0x2D && isNumber(word)
    }

    private static func isNumber(_ word: UInt32) -> Bool {
        (0x31...0x35).contains(word >> 24) && (0x30...0x39).contains(word >> 16 & 0xFF)
            && (0x30...0x39).contains(word >> 8 & 0xFF)
    }

    /// The first packet of MySQL's server holds 0xFF where it is an error, that of PostgreSQL's begins with `E`.
    @inline(always)
    private static func isDatabaseError(_ word: UInt32, _ payload: RawSpan) -> Bool {
        word & 0xFF == 0 && payload.octet(at: 4) == 0xFF || word >> 8 == 0x45_00_00
    }
}
