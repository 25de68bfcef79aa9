/// A TLS record of a script, or several messages of the handshake in one record (RFC 8446 §5.1).
package enum ScriptRecord: Hashable, Sendable {
    /// `length`: how long the record is made at least, by padding (RFC 7685), in octets.
    case clientHello(
        serverName: String? = nil,
        applicationProtocol: String? = nil,
        length: Int = 0
    )
    /// Of TLS 1.3, the version stands in an extension.
    case serverHello(version: UInt16 = 0x0303, suite: UInt16 = 0xC02F)
    case helloRetryRequest
    /// A message of the handshake in the clear: its type, and octets of its body.
    case message(UInt8, length: Int)
    case changeCipherSpec
    /// An encrypted message of the handshake in TLS 1.2.
    case encryptedMessage(Int)
    /// So many octets of application data, or what TLS 1.3 hides as such.
    case applicationData(Int)
    case alert(level: UInt8, code: UInt8)
    /// An alert that TLS 1.2 encrypted, of so many octets.
    case encryptedAlert(Int)
    /// Octets as they are: for what is no record.
    case octets([UInt8])
    /// Messages of the handshake in one record.
    indirect case together([ScriptRecord])

    package static let certificate = ScriptRecord.message(11, length: 700)
    package static let serverHelloDone = ScriptRecord.message(14, length: 0)
    package static let clientKeyExchange = ScriptRecord.message(16, length: 66)
    /// Of TLS 1.2.
    package static let finished = ScriptRecord.encryptedMessage(40)

    private static let handshake: UInt8 = 22

    /// The octets on the wire.
    package var encoded: [UInt8] {
        switch self {
        case .clientHello, .serverHello, .helloRetryRequest, .message:
            Self.record(Self.handshake, messages)
        case .together(let parts):
            Self.record(Self.handshake, parts.flatMap(\.messages))
        case .changeCipherSpec: Self.record(20, [1])
        case .encryptedMessage(let length): Self.record(Self.handshake, Self.cipher(length))
        case .applicationData(let length): Self.record(23, Self.cipher(length))
        case .alert(let level, let code): Self.record(21, [level, code])
        case .encryptedAlert(let length): Self.record(21, Self.cipher(length))
        case .octets(let octets): octets
        }
    }

    /// Without the record's header.
    private var messages: [UInt8] {
        switch self {
        case .clientHello(let name, let application, let length):
            return Self.clientHello(name, application, length)
        case .serverHello(let version, let suite):
            return Self.serverHello(version, suite, random: [UInt8](repeating: 0x55, count: 32))
        case .helloRetryRequest:
            let start: [UInt8] = [0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11]
            return Self.serverHello(
                0x0304,
                0x1301,
                random: start + [UInt8](repeating: 0x66, count: 24)
            )
        case .message(let type, let length):
            return Self.message(type, [UInt8](repeating: 0x2E, count: length))
        case .changeCipherSpec, .encryptedMessage, .applicationData, .alert, .encryptedAlert,
            .octets, .together:
            return []
        }
    }

    private static func record(_ type: UInt8, _ body: [UInt8]) -> [UInt8] {
        var octets: [UInt8] = [type, 3, 3]
        octets.append(UInt16(truncatingIfNeeded: body.count))
        return octets + body
    }

    private static func message(_ type: UInt8, _ body: [UInt8]) -> [UInt8] {
        [
            type, UInt8(truncatingIfNeeded: body.count >> 16),
            UInt8(truncatingIfNeeded: body.count >> 8),
        ]
            + [UInt8(truncatingIfNeeded: body.count)] + body
    }

    private static func cipher(_ length: Int) -> [UInt8] {
        (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 29 &+ 0xA7) }
    }

    private static func clientHello(
        _ serverName: String?,
        _ applicationProtocol: String?,
        _ length: Int
    ) -> [UInt8] {
        var extensions: [UInt8] = []
        if let serverName {
            extensions += named(0, [UInt8](serverName.utf8), lead: [0])
        }
        if let applicationProtocol {
            let name = [UInt8](applicationProtocol.utf8)
            var list: [UInt8] = []
            list.append(UInt16(truncatingIfNeeded: name.count + 1))
            extensions += extended(16, list + [UInt8(truncatingIfNeeded: name.count)] + name)
        }
        var body: [UInt8] = [3, 3] + [UInt8](repeating: 0x44, count: 32)
        body += [0, 0, 4, 0x13, 0x01, 0xC0, 0x2F, 1, 0]
        let padding = length - 4 - body.count - 2 - extensions.count - 4
        if padding > 0 { extensions += extended(21, [UInt8](repeating: 0, count: padding)) }
        body.append(UInt16(truncatingIfNeeded: extensions.count))
        return message(1, body + extensions)
    }

    private static func serverHello(
        _ version: UInt16,
        _ suite: UInt16,
        random: [UInt8]
    ) -> [UInt8] {
        let isNewest = version == 0x0304
        var body: [UInt8] = []
        body.append(isNewest ? 0x0303 : version)
        body += random + [0]
        body.append(suite)
        body.append(0 as UInt8)
        let extensions = isNewest ? extended(43, [3, 4]) : []
        body.append(UInt16(truncatingIfNeeded: extensions.count))
        return message(2, body + extensions)
    }

    /// An extension that holds a list of one name (RFC 6066 §3).
    private static func named(_ type: UInt16, _ name: [UInt8], lead: [UInt8]) -> [UInt8] {
        var entry = lead
        entry.append(UInt16(truncatingIfNeeded: name.count))
        entry += name
        var list: [UInt8] = []
        list.append(UInt16(truncatingIfNeeded: entry.count))
        return extended(type, list + entry)
    }

    private static func extended(_ type: UInt16, _ body: [UInt8]) -> [UInt8] {
        var octets: [UInt8] = []
        octets.append(type)
        octets.append(UInt16(truncatingIfNeeded: body.count))
        return octets + body
    }
}

extension Party {
    /// The next segment, with these TLS records in it.
    package func tls(_ records: ScriptRecord...) -> ScriptStep { data(records.flatMap(\.encoded)) }
}

/// What nearly every script of a TLS session begins with.
package enum ScriptOpening {
    /// The three segments of a handshake.
    @ExchangeBuilder package static var tcp: [ScriptStep] {
        client.syn(seq: 1000)
        server.synAck(seq: 5000, ack: 1001)
        client.ack(seq: 1001, ack: 5001)
    }

    /// A connection, and TLS 1.2 on it up to both Finished.
    @ExchangeBuilder package static var tls12: [ScriptStep] {
        tcp
        client.tls(.clientHello(serverName: "example.org"))
        server.tls(.serverHello(), .certificate, .serverHelloDone)
        client.tls(.clientKeyExchange, .changeCipherSpec, .finished)
        server.tls(.changeCipherSpec, .finished)
    }

    /// A connection, and TLS 1.3 on it up to the client's Finished and the server's ticket.
    @ExchangeBuilder package static var tls13: [ScriptStep] {
        tcp
        client.tls(.clientHello(serverName: "example.org"))
        server.tls(
            .serverHello(version: 0x0304, suite: 0x1301),
            .changeCipherSpec,
            .applicationData(1200)
        )
        client.tls(.changeCipherSpec, .applicationData(53))
        server.tls(.applicationData(250))
    }
}
