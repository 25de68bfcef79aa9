/// Where a user wants the events to go.
package enum OutputTarget: Hashable, Sendable {
    case standardOutput
    case file(String)
    /// A host, by name or address, and a port.
    case tcp(String, UInt16)
    /// The path of a stream socket in the file system.
    case unix(String)

    /// The longest path that an address of a Unix socket holds, in octets.
    private static let pathLimit = 107

    /// Reads what `-o` was given; `nil` where that names no place.
    ///
    /// - Parameter text: `FILE`, `-`, `tcp:HOST:PORT`, `tcp:[ADDRESS]:PORT` or `unix:/PATH`.
    package init?(_ text: String) {
        if text == "-" {
            self = .standardOutput
        } else if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            guard !path.isEmpty, path.utf8.count <= Self.pathLimit, !path.utf8.contains(0) else {
                return nil
            }
            self = .unix(path)
        } else if text.hasPrefix("tcp:") {
            guard let (host, port) = Self.hostAndPort(text.dropFirst(4)), port > 0 else {
                return nil
            }
            self = .tcp(host, port)
        } else {
            guard !text.isEmpty, !text.utf8.contains(0) else { return nil }
            self = .file(text)
        }
    }

    /// Splits `HOST:PORT`; an IPv6 address stands in brackets.
    ///
    /// - Returns: `nil` where one of them is missing or the port is no number up to 65535.
    package static func hostAndPort(_ text: Substring) -> (host: String, port: UInt16)? {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        var host = text[..<colon]
        guard let port = UInt16(text[text.index(after: colon)...]) else { return nil }
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty, host.utf8.count < 254, !host.utf8.contains(0) else { return nil }
        return (String(host), port)
    }
}
