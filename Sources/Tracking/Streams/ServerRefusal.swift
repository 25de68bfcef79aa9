/// By what a server turns a client away with its first words: whose protocol they are in, and for
/// what kind of reason.
///
/// Only codes that a protocol defines are looked at, and nothing of them is kept but this.
package enum ServerRefusal: UInt8, BitwiseCopyable, Sendable {
    case none
    /// A reply code 4xx or 5xx of mail or FTP: 421 is a service that takes no more, or goes (RFC
    /// 5321 §4.2.3).
    case mail, mailBusy
    /// `-ERR` of POP3, or of what speaks like it.
    case pop
    /// `* BYE` (RFC 3501 §7.1.5).
    case imap
    /// `-ERR max number of clients reached`, and protected mode.
    case redisLimit, redisAccess
    /// Errors 1040, 1203 and 1226; errors 1044, 1045, 1129 and 1130; any other.
    case mysqlLimit, mysqlAccess, mysql
    /// SQLSTATE of class 53; 28 and 3D; 57; any other.
    case postgresLimit, postgresAccess, postgresShutdown, postgres
    /// `Exceeded MaxStartups`, and `Not allowed at this time`.
    case sshLimit, sshAccess

    /// What the server refuses for, as far as its code says it.
    package enum Kind: String, Sendable {
        case limit = "connection-limit"
        case access = "access-rule"
        case shutdown = "starting-or-stopping"
        case other = "refusal"
    }

    package var kind: Kind {
        switch self {
        case .redisLimit, .mysqlLimit, .postgresLimit, .sshLimit: .limit
        case .redisAccess, .mysqlAccess, .postgresAccess, .sshAccess: .access
        case .postgresShutdown: .shutdown
        case .none, .mail, .mailBusy, .pop, .imap, .mysql, .postgres: .other
        }
    }

    /// Whether a server says it instead of its greeting: as an answer to a command it refuses no
    /// more than that.
    package var isGreeting: Bool {
        switch self {
        case .mail, .mailBusy, .pop, .imap: true
        default: false
        }
    }

    /// The protocol, as its users write it.
    package var protocolName: String {
        switch self {
        case .none: "unknown"
        case .mail, .mailBusy: "SMTP or FTP"
        case .pop: "POP3"
        case .imap: "IMAP"
        case .redisLimit, .redisAccess: "Redis"
        case .mysqlLimit, .mysqlAccess, .mysql: "MySQL"
        case .postgresLimit, .postgresAccess, .postgresShutdown, .postgres: "PostgreSQL"
        case .sshLimit, .sshAccess: "SSH"
        }
    }
}

extension ServerRefusal {
    /// Whether a payload of five bytes or more may be a refusal: by its first byte, or the mark of
    /// MySQL's error packet.
    @inline(always)
    static func mayBegin(_ word: UInt32, _ payload: RawSpan) -> Bool {
        switch word >> 24 {
        case 0x2A, 0x2D, 0x34, 0x35, 0x45, 0x4E: true
        default: word & 0xFF == 0 && payload.octet(at: 4) == 0xFF
        }
    }

    /// Looks at the first bytes of a payload; `none` for what is no refusal.
    @inline(never)
    init(of payload: RawSpan) {
        guard payload.byteCount >= 5 else {
            self = .none
            return
        }
        let word: UInt32 = payload.bigEndian(at: 0)
        switch word {
        case 0x2D45_5252: self = payload.begins(with: "-ERR max number") ? .redisLimit : .pop
        case 0x2D44_454E: self = payload.begins(with: "-DENIED ") ? .redisAccess : .none
        case 0x2A20_4259: self = payload.begins(with: "* BYE") ? .imap : .none
        case 0x4578_6365: self = payload.begins(with: "Exceeded MaxStartups") ? .sshLimit : .none
        case 0x4E6F_7420:
            self = payload.begins(with: "Not allowed at this time") ? .sshAccess : .none
        default:
            if Self.isReplyCode(word) {
                self = word >> 8 == 0x34_3231 ? .mailBusy : .mail
            } else if word & 0xFF == 0, payload.octet(at: 4) == 0xFF {
                self = Self.ofMySQL(payload)
            } else if word >> 8 == 0x45_00_00 {
                self = Self.ofPostgreSQL(payload)
            } else {
                self = .none
            }
        }
    }

    /// A digit 4 or 5, two digits, and a space or a hyphen (RFC 5321 §4.2, RFC 959 §4.2).
    private static func isReplyCode(_ word: UInt32) -> Bool {
        let end = word & 0xFF
        return (0x34...0x35).contains(word >> 24) && (0x30...0x39).contains(word >> 16 & 0xFF)
            && (0x30...0x39).contains(word >> 8 & 0xFF) && (end == 0x20 || end == 0x2D)
    }

    /// An error packet: a length of three octets, a number, 0xFF, and the code, little-endian.
    private static func ofMySQL(_ payload: RawSpan) -> ServerRefusal {
        guard payload.byteCount >= 7 else { return .mysql }
        switch UInt16(payload.octet(at: 6)) << 8 | UInt16(payload.octet(at: 5)) {
        case 1040, 1203, 1226: return .mysqlLimit
        case 1044, 1045, 1129, 1130: return .mysqlAccess
        default: return .mysql
        }
    }

    /// An ErrorResponse: `E`, a length, and fields, each a letter and a text that ends with a zero.
    private static func ofPostgreSQL(_ payload: RawSpan) -> ServerRefusal {
        guard let code = ServerWords.field(0x43, ofPostgreSQL: payload), code.count >= 2 else {
            return .postgres
        }
        switch (payload.octet(at: code.lowerBound), payload.octet(at: code.lowerBound + 1)) {
        case (0x35, 0x33): return .postgresLimit
        case (0x32, 0x38), (0x33, 0x44): return .postgresAccess
        case (0x35, 0x37): return .postgresShutdown
        default: return .postgres
        }
    }
}

extension RawSpan {
    /// Whether it begins with the bytes of a text.
    func begins(with text: String) -> Bool {
        byteCount >= text.utf8.count
            && text.utf8.enumerated().allSatisfy { octet(at: $0.offset) == $0.element }
    }
}
