/// What the hellos say: version, cipher suite, and the names (RFC 8446 §4.1, RFC 6066 §3, RFC 7301
/// §3.1).
extension TLSSession {
    /// Of a hello: version and random.
    fileprivate static let fixedLength = 34

    /// Where in the payload of a segment a name stands, to be looked up by who keeps names.
    struct Name {
        let range: Range<Int>
    }

    /// Where a ClientHello that begins at `start`, behind the message header, names the server and
    /// the first application protocol, as far as the segment holds it.
    static func names(inClientHello octets: RawSpan, at start: Int) -> (
        server: Range<Int>?, protocol: Range<Int>?
    ) {
        var names: (server: Range<Int>?, protocol: Range<Int>?)
        var position = start + fixedLength
        guard octets.byteCount > position else { return names }
        position += 1 + Int(octets.octet(at: position))
        guard octets.byteCount >= position + 2 else { return names }
        position += 2 + Int(octets.bigEndian(at: position, as: UInt16.self))
        guard octets.byteCount > position else { return names }
        position += 1 + Int(octets.octet(at: position))
        HelloExtensions.each(in: octets, at: position) { type, body in
            switch type {
            case HelloExtensions.serverName where body.count > 5:
                let length = Int(octets.bigEndian(at: body.lowerBound + 3, as: UInt16.self))
                names.server = (body.lowerBound + 5..<body.lowerBound + 5 + length).clamped(
                    to: body
                )
            case HelloExtensions.applicationProtocols where body.count > 3:
                let length = Int(octets.octet(at: body.lowerBound + 2))
                names.protocol = (body.lowerBound + 3..<body.lowerBound + 3 + length).clamped(
                    to: body
                )
            default: break
            }
        }
        return names
    }
}

extension RecordStream {
    /// Takes down a message of the handshake in the clear.
    mutating func takeMessage(
        _ message: TLSMessage,
        in octets: RawSpan,
        at offset: Int,
        from source: TLSSession.Source,
        _ context: inout TLSContext
    ) {
        switch message {
        case .clientHello:
            context.agreement.client = source.side
            note(.clientHello, from: source)
        case .serverHello:
            context.agreement.client = source.side.other
            note(
                context.agreement.readServerHello(octets, at: offset)
                    ? .helloRetryRequest : .serverHello,
                from: source
            )
        case .clientKeyExchange:
            context.agreement.client = source.side
            note(message, from: source)
        default:
            note(message, from: source)
        }
    }
}

extension TLSAgreement {
    /// The random of a ServerHello that is a HelloRetryRequest begins so (RFC 8446 §4.1.3).
    static let retryRandom: UInt64 = 0xCF21_AD74_E59A_6111

    /// Takes what a ServerHello says, behind the header of the message.
    ///
    /// - Returns: whether it is a HelloRetryRequest.
    mutating func readServerHello(_ octets: RawSpan, at start: Int) -> Bool {
        guard octets.byteCount >= start + TLSSession.fixedLength + 1 else { return false }
        version = octets.bigEndian(at: start)
        let isRetry = octets.bigEndian(at: start + 2, as: UInt64.self) == Self.retryRandom
        let position =
            start + TLSSession.fixedLength + 1
            + Int(octets.octet(at: start + TLSSession.fixedLength))
        guard octets.byteCount >= position + 3 else { return isRetry }
        cipherSuite = octets.bigEndian(at: position)
        HelloExtensions.each(in: octets, at: position + 3) { type, body in
            if type == HelloExtensions.supportedVersions, body.count >= 2 {
                version = octets.bigEndian(at: body.lowerBound)
            }
            if type == HelloExtensions.preSharedKey { isResumed = true }
        }
        return isRetry
    }
}

/// The list at the end of a hello.
enum HelloExtensions {
    static let serverName: UInt16 = 0
    static let applicationProtocols: UInt16 = 16
    static let preSharedKey: UInt16 = 41
    static let supportedVersions: UInt16 = 43

    /// Hands `body` the type of each extension and where its octets lie, as far as they were
    /// captured.
    static func each(in octets: RawSpan, at start: Int, _ body: (UInt16, Range<Int>) -> Void) {
        guard octets.byteCount >= start + 2 else { return }
        let end = min(
            octets.byteCount,
            start + 2 + Int(octets.bigEndian(at: start, as: UInt16.self))
        )
        var position = start + 2
        while position + 4 <= end {
            let length = Int(octets.bigEndian(at: position + 2, as: UInt16.self))
            guard position + 4 + length <= end else { return }
            body(octets.bigEndian(at: position), position + 4..<position + 4 + length)
            position += 4 + length
        }
    }
}
