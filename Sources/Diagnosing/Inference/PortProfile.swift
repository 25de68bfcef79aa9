/// Who speaks first on a connection, by the responder's port.
enum PortProfile {
    /// Services that greet whoever connects: FTP, SSH, Telnet, SMTP, POP3, NNTP, IMAP, MySQL, VNC.
    private static let greeting: Set<UInt16> = [
        21, 22, 23, 25, 110, 119, 143, 587, 3306, 5900, 5901, 6667,
    ]
    /// Services to which clients open connections for later use.
    private static let preopened: Set<UInt16> = [80, 443, 3128, 8000, 8080, 8443]
    /// Services that only listen: logs, metrics and printers.
    private static let listening: Set<UInt16> = [
        514, 601, 1514, 2003, 2004, 4739, 5044, 5140, 5170, 6514, 9100, 24_224,
    ]

    static func isGreeting(_ port: UInt16) -> Bool { greeting.contains(port) }
    static func isPreopened(_ port: UInt16) -> Bool { preopened.contains(port) }
    static func isListening(_ port: UInt16) -> Bool { listening.contains(port) }
}
