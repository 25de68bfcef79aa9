import Tracking

/// What a TLS handshake is refused for, as far as the alert tells, or the message at which it ended
/// without one.
enum TLSRefusal: String {
    case version
    case cipher
    case certificate
    case clientCertificate = "client-certificate"
    case name
    case applicationProtocol = "application-protocol"
    /// It ended at the ClientHello, and nothing tells more.
    case hello = "version-cipher-or-name"

    /// By an alert of the client, or of the server (RFC 8446 §6.2).
    init?(_ alert: TLSAlert, isFromClient: Bool) {
        guard alert.isInTheClear else { return nil }
        switch alert.code {
        case 70, 86: self = .version
        case 40, 47, 71, 109: self = .cipher
        case 42...46, 48, 49, 113: self = isFromClient ? .certificate : .clientCertificate
        case 112: self = .name
        case 116: self = .clientCertificate
        case 120: self = .applicationProtocol
        default: return nil
        }
    }

    /// By the message after which an end closed TCP without an alert.
    init?(withoutAlert closing: TLSClosing) {
        guard let closer = closing.closer else { return nil }
        let (client, server) = (closing.session[closing.client], closing.session[closing.server])
        if closer == closing.client {
            guard
                server.messages.contains(.certificate)
                    || server.messages.contains(.encryptedHandshake)
            else { return nil }
            self = .certificate
            return
        }
        let isAsked =
            server.messages.contains(.certificateRequest)
            && closing.session.hasFinished(closing.client)
        if isAsked || client.messages.contains(.emptyCertificate) {
            self = .clientCertificate
            return
        }
        guard server.lastMessage == nil, client.lastMessage == .clientHello else { return nil }
        self = .hello
    }

    /// The end of a sentence: what the handshake was perhaps refused for.
    var words: String {
        switch self {
        case .version: "the TLS version"
        case .cipher: "the cipher suites and parameters on offer"
        case .certificate: "the server's certificate"
        case .clientCertificate: "the client's certificate, or that it has none"
        case .name: "the server name"
        case .applicationProtocol: "the application protocols on offer"
        case .hello: "the version, the cipher suites or the name in the ClientHello"
        }
    }
}

extension TLSClosing {
    /// Whether the client answered a request for its certificate with none; `nil` where nobody can
    /// tell.
    var emptyCertificateNote: String? {
        guard session[client].messages.contains(.emptyCertificate) else { return nil }
        return session.isVersion13
            ? "By the length of its records, the client sent an empty certificate: it has none for this server."
            : "The client sent an empty certificate: it has none for this server."
    }
}
