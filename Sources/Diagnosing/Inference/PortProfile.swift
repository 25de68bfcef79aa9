/// Who speaks first on a connection, by the responder's port.
enum PortProfile {
    /// Services that greet whoever connects: FTP, SSH, Telnet, SMTP, POP3, NNTP, IMAP, MySQL, VNC.
    private static let greeting: Set<UInt16> = [
        21, 22, 23, 25, 110, 119, 143, 587, 3306, 5900, 5901, 6667,
    ]
    /// Services to which clients open connections for later use.
    private static let preopened: Set<UInt16> = [80, 443, 3128, 8000, 8080, 8443]
    /// Services to whose messages no answer need come: logs, metrics, printers, the talk of
    /// messengers, and DNP3's confirmations.
    private static let listening: Set<UInt16> = [
        20_000,
        1863, 5190, 5222, 5223, 5228, 5269,
        514, 601, 1514, 2003, 2004, 4739, 5044, 5140, 5170, 6514, 9100, 24_224,
    ]

    /// Messages by which peers show each other that they live, by port, and their length in bytes:
    /// NetBIOS (RFC 1002 §4.3.7), BGP (RFC 4271 §4.4), MQTT (MQTT 5.0 §3.12), AMQP (0-9-1 §4.2.7),
    /// OpenFlow ECHO (1.3 §7.5.2).
    private static let pings: [UInt16: UInt32] = [
        139: 4, 445: 4, 179: 19, 1883: 2, 8883: 64, 5672: 8, 6633: 8, 6653: 8,
    ]

    /// Whether data of this length is no more than a ping.
    static func isPing(_ length: UInt32, to port: UInt16) -> Bool {
        pings[port].map { length <= $0 } ?? false
    }

    /// LDAP's, whose clients say Unbind, which has no answer (RFC 4511 §4.3), and SMB's, whose
    /// clients log off: servers may reset then.
    private static let released: Set<UInt16> = [389, 445, 3268]
    /// An Unbind is no longer with what SASL adds, nor a logoff with its encryption, in bytes.
    private static let longestUnbind: UInt32 = 128

    /// Whether data of this length may be what ends a session, and wants no answer.
    static func isReleased(_ length: UInt32, _ port: UInt16) -> Bool {
        released.contains(port) && length <= longestUnbind
    }

    /// SIP's, on whose connections both ends ask and answer (RFC 3261 §18).
    private static let symmetric: Set<UInt16> = [5060, 5061]

    /// Whether what a client says last may be an answer.
    static func isSymmetric(_ port: UInt16) -> Bool { symmetric.contains(port) }

    static func isGreeting(_ port: UInt16) -> Bool { greeting.contains(port) }
    static func isPreopened(_ port: UInt16) -> Bool { preopened.contains(port) }
    static func isListening(_ port: UInt16) -> Bool { listening.contains(port) }
}
