/// Messages of port mappers: numbers stay, addresses are replaced in the form of the text, and
/// names become letters.
extension FrameRewriter {
    private static let networks: Set<String> = [
        "tcp", "tcp6", "udp", "udp6", "local", "ticlts", "ticots", "ticotsord",
    ]

    /// Rewrites the messages of a payload, which keeps its length.
    mutating func rewritePortmap(in payload: Range<Int>, of original: RawSpan, isStream: Bool) {
        buffer.clear(from: payload.lowerBound, to: payload.upperBound)
        end = payload.upperBound
        var offset = payload.lowerBound
        if isStream {
            var isFramed = false
            // Behind the last fragment's mark is a message (RFC 5531 §11).
            while offset + 8 <= payload.upperBound {
                let length = Int(original.bigEndian(at: offset, as: UInt32.self) & 0x7FFF_FFFF)
                guard (20...1 << 20).contains(length) else { break }
                isFramed = true
                buffer.restore(offset..<offset + 4, of: original)
                let message = offset + 4..<min(offset + 4 + length, payload.upperBound)
                rewriteMessage(in: message, of: original)
                offset += 4 + length
            }
            if isFramed { return }
            if payload.count == 4 { return buffer.restore(payload, of: original) }
        }
        rewriteMessage(in: payload, of: original)
    }

    private mutating func rewriteMessage(in message: Range<Int>, of original: RawSpan) {
        var reader = PortmapFields(offset: message.lowerBound, end: message.upperBound)
        guard keepWord(&reader, original) != nil, let kind = keepWord(&reader, original) else {
            return
        }
        if kind == 0 {
            for _ in 0..<4 { guard keepWord(&reader, original) != nil else { return } }
            guard skipAuthentication(&reader, original), skipAuthentication(&reader, original)
            else {
                return
            }
            keepArguments(&reader, original)
        } else if kind == 1, let status = keepWord(&reader, original) {
            guard status == 0 else {
                while keepWord(&reader, original) != nil {}
                return
            }
            guard skipAuthentication(&reader, original), keepWord(&reader, original) != nil else {
                return
            }
            keepResults(&reader, original)
        }
    }

    private mutating func keepWord(_ reader: inout PortmapFields, _ original: RawSpan) -> UInt32? {
        guard let word = reader.peek(original) else { return nil }
        buffer.restore(reader.offset..<reader.offset + 4, of: original)
        reader.offset += 4
        return word
    }

    /// A kind, a length, and credentials with the names of hosts and users, which are cleared.
    private mutating func skipAuthentication(
        _ reader: inout PortmapFields,
        _ original: RawSpan
    ) -> Bool {
        guard keepWord(&reader, original) != nil, let length = keepWord(&reader, original),
            length <= 400
        else { return false }
        reader.offset += (Int(length) + 3) & ~3
        return reader.offset <= reader.end
    }

    /// Program, version, then two numbers, or three texts: network, address and owner.
    private mutating func keepArguments(_ reader: inout PortmapFields, _ original: RawSpan) {
        guard keepWord(&reader, original) != nil, keepWord(&reader, original) != nil else { return }
        if isNetwork(reader, original) {
            for _ in 0..<3 { keepText(&reader, original) }
        } else {
            for _ in 0..<2 { _ = keepWord(&reader, original) }
        }
    }

    /// A port, an address, or a list of either form; only the question tells which.
    private mutating func keepResults(_ reader: inout PortmapFields, _ original: RawSpan) {
        let left = reader.end - reader.offset
        guard left > 4, let word = reader.peek(original) else {
            _ = keepWord(&reader, original)
            return
        }
        if left >= 4 + (Int(word) + 3) & ~3, word > 1 { return keepText(&reader, original) }
        while keepWord(&reader, original) == 1 { keepArguments(&reader, original) }
    }

    private func isNetwork(_ reader: PortmapFields, _ original: RawSpan) -> Bool {
        guard let text = reader.text(original) else { return false }
        let name = text.map { original.octet(at: $0) }
        return Self.networks.contains(String(decoding: name, as: UTF8.self))
    }

    private mutating func keepText(_ reader: inout PortmapFields, _ original: RawSpan) {
        guard let text = reader.text(original) else {
            reader.offset = reader.end
            return
        }
        let words = text.map { original.octet(at: $0) }
        let string = String(decoding: words, as: UTF8.self)
        _ = keepWord(&reader, original)
        reader.offset = min(reader.end, text.lowerBound + (text.count + 3) & ~3)
        if Self.networks.contains(string) {
            buffer.set(words, from: text.lowerBound)
        } else if let address = universalAddress(for: string) {
            buffer.set(address.utf8, from: text.lowerBound)
        } else {
            buffer.set(pseudonyms.label(words), from: text.lowerBound)
        }
    }

    /// What stands for an address of rpcbind's, as long as the original (RFC 5665 §5.2.3).
    ///
    /// Where another address has a shorter text, a zone fills it up; where it has a longer one, the
    /// answer names no address, which means the one that it comes from.
    private mutating func universalAddress(for text: String) -> String? {
        guard let address = UniversalAddress(text) else { return nil }
        let ports = ".\(address.port >> 8).\(address.port & 0xFF)"
        let room = text.utf8.count - ports.utf8.count
        let none = text.contains(":") ? "::" : "0.0.0.0"
        var host = address.address.map { pseudonyms.address($0).description } ?? none
        if host.utf8.count > room { host = none }
        guard host.utf8.count <= room else { return nil }
        let zone = room - host.utf8.count
        return host + (zone > 0 ? "%" + String(repeating: "0", count: zone - 1) : "") + ports
    }
}

/// Where in a message the next field is.
struct PortmapFields {
    var offset: Int
    let end: Int

    func peek(_ original: RawSpan) -> UInt32? {
        offset + 4 <= end ? original.bigEndian(at: offset) : nil
    }

    /// Where the text that comes next is; `nil` where it is not there whole.
    func text(_ original: RawSpan) -> Range<Int>? {
        guard let length = peek(original), length <= 1024, offset + 4 + Int(length) <= end else {
            return nil
        }
        return offset + 4..<offset + 4 + Int(length)
    }
}
