/// Records of TLS: headers, alerts and hellos are kept, names in hellos are replaced, and all else
/// is cleared.
extension FrameRewriter {
    /// A type that no extension has, so that whoever reads it looks no further (RFC 8701).
    private static let grease: UInt16 = 0x0A0A
    /// Extensions whose contents are numbers of algorithms and versions, or nothing.
    private static let keptExtensions: Set<UInt16> = [
        10, 11, 13, 22, 23, 27, 28, 43, 45, 49, 50,
    ]
    /// Protocols by their names (IANA, TLS ALPN Protocol IDs).
    private static let protocols: Set<String> = [
        "http/0.9", "http/1.0", "http/1.1", "spdy/1", "spdy/2", "spdy/3", "spdy/3.1", "stun.turn",
        "h2", "h2c",
        "webrtc", "c-webrtc", "ftp", "imap", "pop3", "managesieve", "coap", "xmpp-client",
        "xmpp-server",
        "acme-tls/1", "mqtt", "dot", "ntske/1", "sunrpc", "h3", "smb", "irc", "nntp", "nnsp", "doq",
        "sip/2",
        "tds/8.0", "dicom", "postgresql", "radius/1.0", "radius/1.1",
    ]

    /// Puts a piece of a payload back in its place.
    mutating func keep(_ piece: TLSPiece, before last: Int, of original: RawSpan) {
        switch piece {
        case .bytes(let range):
            let range = range.clamped(to: 0..<last)
            buffer.restore(range, of: original)
            // Behind a record something else may be said: that there is such counts.
            let least = range.isEmpty ? TLSSession.headerLength : 0
            end = max(end, min(range.upperBound + least, last))
        case .hello(let isClient, let range):
            let body = range.lowerBound..<max(range.lowerBound, min(range.upperBound, last))
            guard !body.isEmpty else { return }
            keepHello(in: body, isClient: isClient, of: original)
            end = max(end, body.upperBound)
        }
    }

    /// Version, cipher suites and extensions of a hello; its random is kept only where it is that
    /// of a HelloRetryRequest.
    private mutating func keepHello(in body: Range<Int>, isClient: Bool, of original: RawSpan) {
        func has(_ count: Int, at offset: Int) -> Bool { offset + count <= body.upperBound }
        var position = body.lowerBound
        guard has(35, at: position) else { return }
        buffer.restore(position..<position + 2, of: original)
        let isRetry =
            original.bigEndian(at: position + 2, as: UInt64.self) == TLSAgreement.retryRandom
        if isRetry { buffer.restore(position + 2..<position + 34, of: original) }
        buffer.restore(position + 34..<position + 35, of: original)
        position += 35 + Int(original.octet(at: position + 34))
        if isClient {
            guard has(2, at: position) else { return }
            let length = 2 + Int(original.bigEndian(at: position, as: UInt16.self))
            buffer.restore(position..<min(position + length, body.upperBound), of: original)
            position += length
            guard has(1, at: position) else { return }
            let methods = 1 + Int(original.octet(at: position))
            buffer.restore(position..<min(position + methods, body.upperBound), of: original)
            position += methods
        } else {
            guard has(3, at: position) else { return }
            buffer.restore(position..<position + 3, of: original)
            position += 3
        }
        guard has(2, at: position) else { return }
        buffer.restore(position..<position + 2, of: original)
        let last = min(
            position + 2 + Int(original.bigEndian(at: position, as: UInt16.self)),
            body.upperBound
        )
        keepExtensions(in: position + 2..<max(position + 2, last), isClient: isClient, of: original)
    }

    private mutating func keepExtensions(in list: Range<Int>, isClient: Bool, of original: RawSpan)
    {
        var position = list.lowerBound
        while position + 4 <= list.upperBound {
            let type: UInt16 = original.bigEndian(at: position)
            let length = Int(original.bigEndian(at: position + 2, as: UInt16.self))
            buffer.restore(position..<position + 4, of: original)
            let body = position + 4..<position + 4 + length
            position += 4 + length
            // One that was cut off is not read.
            guard body.upperBound <= list.upperBound, !body.isEmpty else { continue }
            switch type {
            case _ where Self.keptExtensions.contains(type): buffer.restore(body, of: original)
            case HelloExtensions.serverName: keepServerName(in: body, of: original)
            case HelloExtensions.applicationProtocols: keepProtocols(in: body, of: original)
            case HelloExtensions.preSharedKey where !isClient: buffer.restore(body, of: original)
            case HelloExtensions.preSharedKey: keepSharedKeys(in: body, of: original)
            case 51: keepKeyShares(in: body, isClient: isClient, of: original)
            case 44: buffer.restore(body.prefix(2), of: original)
            case 5 where isClient && length == 5, 65_281 where length == 1:
                buffer.restore(body, of: original)
            // A ticket is opaque, and padding nothing.
            case 21, 35: break
            default: buffer.set(Self.grease, at: body.lowerBound - 4)
            }
        }
    }

    /// The list of one host name (RFC 6066 §3).
    private mutating func keepServerName(in body: Range<Int>, of original: RawSpan) {
        guard body.count > 5 else { return buffer.restore(body, of: original) }
        buffer.restore(body.prefix(5), of: original)
        let length = Int(original.bigEndian(at: body.lowerBound + 3, as: UInt16.self))
        let name = body.dropFirst(5).prefix(length)
        rewriteName(in: name, of: original)
        // What stands behind it is no name of this list.
        if body.lowerBound + 5 + length != body.upperBound {
            buffer.clear(from: name.endIndex, to: body.upperBound)
        }
    }

    /// Replaces a name in the form with dots.
    mutating func rewriteName(in range: Range<Int>, of original: RawSpan) {
        let name = range.map { original.octet(at: $0) }
        var position = range.lowerBound
        for label in name.split(separator: 0x2E, omittingEmptySubsequences: false) {
            buffer.set(pseudonyms.label(label), from: position)
            position += label.count
            if position < range.upperBound { buffer[position] = 0x2E }
            position += 1
        }
    }

    private mutating func keepProtocols(in body: Range<Int>, of original: RawSpan) {
        buffer.restore(body.prefix(2), of: original)
        var position = body.lowerBound + 2
        while position < body.upperBound {
            let length = Int(original.octet(at: position))
            let range = position + 1..<min(position + 1 + length, body.upperBound)
            buffer[position] = original.octet(at: position)
            position += 1 + length
            let name = range.map { original.octet(at: $0) }
            let isKept = Self.protocols.contains(String(decoding: name, as: UTF8.self))
            buffer.set(isKept ? name : pseudonyms.label(name), from: range.lowerBound)
        }
    }

    /// Groups of key shares, and how long each is; a HelloRetryRequest has the group alone (RFC
    /// 8446 §4.2.8).
    private mutating func keepKeyShares(in body: Range<Int>, isClient: Bool, of original: RawSpan) {
        var position = body.lowerBound
        if isClient {
            buffer.restore(body.prefix(2), of: original)
            position += 2
        } else if body.count == 2 {
            return buffer.restore(body, of: original)
        }
        while position + 4 <= body.upperBound {
            buffer.restore(position..<position + 4, of: original)
            position += 4 + Int(original.bigEndian(at: position + 2, as: UInt16.self))
        }
    }

    /// Lengths of identities and binders (RFC 8446 §4.2.11).
    private mutating func keepSharedKeys(in body: Range<Int>, of original: RawSpan) {
        guard body.count >= 2 else { return }
        buffer.restore(body.prefix(2), of: original)
        var position = body.lowerBound + 2
        let middle = position + Int(original.bigEndian(at: body.lowerBound, as: UInt16.self))
        guard middle + 2 <= body.upperBound else { return }
        while position + 2 <= middle {
            buffer.restore(position..<position + 2, of: original)
            position += 6 + Int(original.bigEndian(at: position, as: UInt16.self))
        }
        buffer.restore(middle..<middle + 2, of: original)
        position = middle + 2
        while position < body.upperBound {
            buffer[position] = original.octet(at: position)
            position += 1 + Int(original.octet(at: position))
        }
    }
}
