/// TCP segments: what their options and payload say of who speaks.
extension FrameRewriter {
    mutating func rewriteTCP(
        at offset: Int,
        in datagram: DatagramLayout,
        of original: RawSpan,
        _ decoded: DecodedFrame,
        at level: (number: UInt64, depth: Int)
    ) {
        let last = min(max(datagram.end, offset), buffer.count)
        guard offset + TCPHeader.minimumLength <= last else {
            end = max(end, last)
            return
        }
        let length = max(Int(original.octet(at: offset + 12) >> 4) * 4, TCPHeader.minimumLength)
        let begin = min(offset + length, last)
        clearTCPOptions(from: offset + TCPHeader.minimumLength, to: begin)
        end = max(end, begin)
        let flags = TCPFlags(rawValue: original.bigEndian(at: offset + 12, as: UInt16.self) & 0x1FF)
        guard begin < last, level.depth == 0, !datagram.isFragment else { return }
        let payload = begin..<last
        buffer.clear(from: payload.lowerBound, to: payload.upperBound)
        if flags.contains(.rst) { return keepReason(in: payload, of: original) }
        let ports: (UInt16, UInt16) = (
            original.bigEndian(at: offset), original.bigEndian(at: offset + 2)
        )
        if ports.0 == PortmapPayload.port || ports.1 == PortmapPayload.port {
            return rewritePortmap(in: payload, of: original, isStream: true)
        }
        if ports.0 == 53 || ports.1 == 53, rewriteDNS(onStream: payload, of: original) { return }
        keepOpening(in: payload, of: original)
        if flags.contains(.syn) {
            // Its checksum is looked at, and that takes all of it.
            end = last
            streams.forget(datagram, ports, decoded)
            return
        }
        let sequence = SequenceNumber(original.bigEndian(at: offset + 4))
        let claimed = UInt32(clamping: datagram.end - begin)
        let stretch = TLSStretch(range: payload, sequence: sequence, claimed: claimed)
        for piece in streams.walk(
            stretch,
            of: original,
            from: datagram,
            ports,
            decoded,
            level.number
        ) {
            keep(piece, before: last, of: original)
        }
    }

    /// Clears what options hold beside numbers that a diagnosis reads: signatures, cookies,
    /// addresses, keys.
    ///
    /// Segment size, window scale, SACK and timestamps stay, and of Multipath TCP the reason of a
    /// RST.
    mutating func clearTCPOptions(from first: Int, to end: Int) {
        var position = first
        while position < end {
            let kind = buffer[position]
            if kind == 0 { return buffer.clear(from: position, to: end) }
            if kind == 1 {
                position += 1
                continue
            }
            let length = Int(buffer[position + 1])
            guard position + 1 < end, length >= 2, position + length <= end else {
                return buffer.clear(from: min(position + 2, end), to: end)
            }
            switch kind {
            case 2, 3, 4, 5, 8: break
            case 30 where buffer[position + 2] >> 4 == 8 && length == 4: break
            // The subtype and its flags; what follows are keys, tokens and addresses.
            case 30: buffer.clear(from: position + 3, to: position + length)
            case 29: buffer.clear(from: position + 4, to: position + length)
            default: buffer.clear(from: position + 2, to: position + length)
            }
            position += length
        }
    }

    /// Words by which devices say why they reset a connection; others could be names.
    private static let reasonWords: Set<String> = [
        "a", "abort", "aborted", "access", "active", "after", "all", "and", "application", "at",
        "bad", "by",
        "client", "close", "closed", "closing", "connect", "connection", "connections", "deleted",
        "denied", "deny",
        "dropped", "exceeded", "expired", "f5rst", "failed", "failure", "firewall", "flow", "for",
        "from", "full", "handshake",
        "idle", "in", "internal", "invalid", "is", "keepalive", "limit", "listener", "local", "max",
        "member",
        "memory", "monitor", "no", "node", "not", "of", "on", "out", "peer", "policy", "pool",
        "port", "proxy",
        "reached", "received", "refused", "rejected", "remote", "request", "reset", "resource",
        "retransmit",
        "route", "rst", "rule", "segment", "sequence", "server", "service", "session", "shutdown",
        "ssl", "state",
        "sweeper", "syn", "system", "table", "tcp", "the", "timed", "timeout", "tls", "to", "too",
        "traffic",
        "transmit", "unable", "unavailable", "unexpected", "unreachable", "virtual", "window",
        "with",
    ]

    /// Keeps the reason that a RST gives in words, where it is of known words; every other becomes
    /// so many letters.
    private mutating func keepReason(in payload: Range<Int>, of original: RawSpan) {
        end = payload.upperBound
        let bytes = payload.map { original.octet(at: $0) }
        guard bytes.allSatisfy({ (0x20...0x7E).contains($0) || [0, 0x0A, 0x0D].contains($0) })
        else {
            // Binary, which is no reason.
            buffer[payload.lowerBound] = 0x80
            return
        }
        var position = payload.lowerBound
        for part in bytes.split(
            omittingEmptySubsequences: false,
            whereSeparator: { !Self.isInWord($0) }
        ) {
            let word = String(decoding: part, as: UTF8.self).lowercased()
            let isKept = Self.reasonWords.contains(word)
            buffer.set(
                isKept ? Array(part) : [UInt8](repeating: 0x78, count: part.count),
                from: position
            )
            position += part.count
            if position < payload.upperBound { buffer[position] = original.octet(at: position) }
            position += 1
        }
    }

    /// Whether a byte belongs to a word or a name: letters, digits, and what addresses are written
    /// with.
    private static func isInWord(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte | 0x20) || (0x2D...0x39).contains(byte)
            || [0x40, 0x5F, 0x23, 0x24, 0x25, 0x26, 0x2A, 0x2B].contains(byte)
    }
}
