/// A message of a TLS handshake, as far as a record shows it without keys (RFC 8446 §4, RFC 5246
/// §7.4).
package enum TLSMessage: UInt8, CaseIterable, BitwiseCopyable, Hashable, Sendable {
    case clientHello
    /// A ServerHello that asks for another ClientHello.
    case helloRetryRequest
    case serverHello
    case certificate
    case serverKeyExchange
    case certificateRequest
    case serverHelloDone
    case clientKeyExchange
    case certificateVerify
    case newSessionTicket
    /// Of TLS 1.3, where it means nothing, as of TLS 1.2, behind which all is encrypted.
    case changeCipherSpec
    /// The first encrypted handshake record of TLS 1.2.
    case finished
    /// The first encrypted records of TLS 1.3: what the handshake is made of after the hellos.
    case encryptedHandshake
    /// Any other.
    case other

    /// The name in the standard.
    package var name: String {
        switch self {
        case .clientHello: "ClientHello"
        case .helloRetryRequest: "HelloRetryRequest"
        case .serverHello: "ServerHello"
        case .certificate: "Certificate"
        case .serverKeyExchange: "ServerKeyExchange"
        case .certificateRequest: "CertificateRequest"
        case .serverHelloDone: "ServerHelloDone"
        case .clientKeyExchange: "ClientKeyExchange"
        case .certificateVerify: "CertificateVerify"
        case .newSessionTicket: "NewSessionTicket"
        case .changeCipherSpec: "ChangeCipherSpec"
        case .finished: "Finished"
        case .encryptedHandshake: "encrypted handshake messages"
        case .other: "handshake message"
        }
    }

    init(type: UInt8) {
        self =
            switch type {
            case 1: .clientHello
            case 2: .serverHello
            case 4: .newSessionTicket
            case 11: .certificate
            case 12: .serverKeyExchange
            case 13: .certificateRequest
            case 14: .serverHelloDone
            case 15: .certificateVerify
            case 16: .clientKeyExchange
            case 20: .finished
            default: .other
            }
    }
}

/// Which messages one end sent.
package struct TLSMessages: OptionSet, BitwiseCopyable, Hashable, Sendable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) { self.rawValue = rawValue }

    package init(_ message: TLSMessage) { rawValue = 1 << UInt16(message.rawValue) }

    /// A Certificate of an end that has none to show (RFC 8446 §4.4.2, RFC 5246 §7.4.6), beside
    /// what it is part of.
    package static let emptyCertificate = TLSMessages(rawValue: 1 << 14)

    package func contains(_ message: TLSMessage) -> Bool { contains(TLSMessages(message)) }
}

/// What a segment of a TLS session carries, as far as its records show it: messages of the
/// handshake, and more.
package struct TLSContents: OptionSet, BitwiseCopyable, Hashable, Sendable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) { self.rawValue = rawValue }

    package init(_ message: TLSMessage) { rawValue = TLSMessages(message).rawValue }

    package static let alert = TLSContents(rawValue: 1 << 14)
    package static let applicationData = TLSContents(rawValue: 1 << 15)

    /// The messages in the order in which a handshake has them.
    package var messages: [TLSMessage] {
        TLSMessage.allCases.filter { contains(TLSContents($0)) }
    }
}

/// The type of a TLS record (RFC 8446 §5.1).
package enum TLSRecordType: UInt8, BitwiseCopyable, Hashable, Sendable {
    case changeCipherSpec = 20
    case alert = 21
    case handshake = 22
    case applicationData = 23
    case heartbeat = 24
}
