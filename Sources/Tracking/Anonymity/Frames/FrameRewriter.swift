/// Replaces in frames what tells whose they are, and keeps what a diagnosis is made of.
///
/// The decoder says which layers a frame has. In each of them addresses and names are replaced;
/// what is behind the last one is cut off, but for the few bytes of a payload by which its protocol
/// is known. Lengths, numbers, times, flags and options stay, and checksums are made right where
/// they were right, and wrong where they were wrong.
package struct FrameRewriter: ~Copyable {
    var pseudonyms: Pseudonyms
    var buffer = FrameBuffer()
    var streams = TLSPaths()
    /// One past the last byte of the present frame that is kept.
    var end = 0

    /// As long as an IP header that was cut short may be, in bytes.
    private static let headerRoom = 60

    /// - Parameter key: decides what stands for what.
    package init(_ key: AnonymityKey) {
        pseudonyms = Pseudonyms(key)
    }

    /// Whether another frame finds room beside those that were rewritten.
    var hasRoom: Bool { buffer.hasRoom }

    /// Gives up all frames that were rewritten.
    mutating func removeAll() { buffer.removeAll() }

    /// The newest frame, rewritten.
    package var bytes: RawSpan {
        @_lifetime(borrow self)
        get { buffer.bytes }
    }

    /// Rewrites a frame, behind those before it.
    package mutating func rewrite(_ frame: borrowing Frame) {
        let original = frame.octets
        buffer.append(original)
        let decoded = decode(original, at: 0, as: frame.linkType)
        end = min(decoded.trail.reach, buffer.count)
        keepKind(of: decoded, in: original)
        rewrite(decoded, in: original, at: (frame.number, 0))
        let whole = decoded.trail.outermostDatagram(in: original)?.end
        if let whole, end >= min(whole, buffer.count) {
            // All of the datagram is there, and padding behind it.
            buffer.clear(from: end, to: buffer.count)
        } else {
            buffer.cut(at: end)
        }
    }

    /// Keeps of a header that cannot be read what says that it cannot: its length, and its first
    /// bytes before any address.
    private mutating func keepKind(of decoded: DecodedFrame, in original: RawSpan) {
        guard case .unread(let reason) = decoded.packet,
            reason == .malformed || reason == .cutShort,
            let last = decoded.trail[decoded.trail.count - 1]
        else { return }
        let kept: Int
        switch (last.kind, reason) {
        case (.ipv4, .cutShort): kept = 12
        case (.ipv6, .cutShort): kept = 8
        // Of a tunnel whose contents are too short nothing would be read.
        case (.link, .cutShort) where last.linkType == .ethernet && last.offset > 0: kept = 0
        case (.ipv4, .malformed), (.ipv6, .malformed), (.link, .malformed): kept = 0
        default: return
        }
        let begin = end
        end = min(begin + Self.headerRoom, buffer.count)
        buffer.clear(from: begin, to: end)
        if last.offset == begin { buffer.restore(begin..<begin + kept, of: original) }
    }

    /// Rewrites the layers that were read of a frame, or of what an ICMP error quotes.
    ///
    /// - Parameters:
    ///   - decoded: the layers.
    ///   - original: the frame.
    ///   - level: the frame's number, and the depth of quotes: 0 or 1.
    mutating func rewrite(
        _ decoded: DecodedFrame,
        in original: RawSpan,
        at level: (number: UInt64, depth: Int)
    ) {
        let trail = decoded.trail
        for index in 0..<trail.count {
            guard let layer = trail[index] else { continue }
            rewriteHeader(of: layer, in: original)
        }
        if let last = trail[trail.count - 1] {
            let datagram = trail.datagram(around: trail.count - 1, in: original)
            rewriteContents(of: last, in: datagram, of: original, decoded, at: level)
        }
        for index in (0..<trail.count).reversed() {
            mendChecksum(ofLayer: index, on: trail, in: original)
        }
    }

    private mutating func rewriteHeader(of layer: LayerTrail.Layer, in original: RawSpan) {
        let offset = layer.offset
        switch layer.kind {
        case .link: rewriteLink(layer.linkType, at: offset, in: original)
        case .arp: rewriteARP(at: offset)
        case .ipv4: rewriteIPv4(at: offset, in: original)
        case .ipv6: rewriteIPv6(at: offset, in: original)
        case .authentication:
            // The integrity check value, behind the sequence number.
            buffer.clear(
                from: offset + 12,
                to: offset + (Int(original.octet(at: offset + 1)) + 2) * 4
            )
        case .geneve: clearOptions(ofGENEVEAt: offset)
        case .teredo: clearIndications(ofTeredoAt: offset, in: original)
        case .tcp, .udp, .icmp, .icmpv6, .gre: break
        }
    }

    /// Rewrites what is behind the headers of the innermost layer.
    private mutating func rewriteContents(
        of layer: LayerTrail.Layer,
        in datagram: DatagramLayout?,
        of original: RawSpan,
        _ decoded: DecodedFrame,
        at level: (number: UInt64, depth: Int)
    ) {
        guard let datagram else { return }
        switch layer.kind {
        case .tcp:
            rewriteTCP(at: layer.offset, in: datagram, of: original, decoded, at: level)
        case .udp where level.depth == 0: rewriteUDP(at: layer.offset, in: datagram, of: original)
        case .udp: end = max(end, min(layer.offset + 8, buffer.count))
        case .icmp: rewriteICMP(at: layer.offset, in: datagram, of: original, at: level)
        case .icmpv6: rewriteICMPv6(at: layer.offset, in: datagram, of: original, at: level)
        case .ipv4, .ipv6: keepFragment(datagram, of: original)
        case .link, .arp, .authentication, .gre, .geneve, .teredo: break
        }
    }

    /// Reads the layers from an offset on; the first part of a fragmented datagram as if it were
    /// the whole.
    mutating func decode(_ original: RawSpan, at offset: Int, as linkType: LinkType) -> DecodedFrame
    {
        var decoded = DecodedFrame(packet: .unread(.notTCP))
        decoded.read(original, at: offset, as: linkType)
        var opened: [(range: Range<Int>, count: Int)] = []
        while case .unread(.incompleteFragment) = decoded.packet,
            opened.count < Encapsulation.limit,
            let begin = decoded.datagramOffset, opened.last?.range.lowerBound != begin,
            let length = open(fragmentAt: begin, in: original)
        {
            opened.append((begin..<begin + length, length))
            decoded = DecodedFrame(packet: .unread(.notTCP))
            decoded.read(buffer.bytes, at: offset, as: linkType)
        }
        for (range, _) in opened { buffer.restore(range, of: original) }
        return decoded
    }

    /// Makes the header of a datagram's first part that of a whole and long one.
    ///
    /// - Returns: how many bytes of it may have changed; `nil` for any other part.
    private mutating func open(fragmentAt begin: Int, in original: RawSpan) -> Int? {
        let datagram = original.extracting(droppingFirst: begin)
        if let ip = IPv4Header(datagram) {
            guard !ip.isLaterFragment else { return nil }
            buffer.set(UInt16.max, at: begin + 2)
            buffer.set(0 as UInt16, at: begin + 6)
            return 8
        }
        guard let ip = IPv6Header(datagram),
            case .fragment(let position) = ip.transport(within: datagram.byteCount),
            datagram.bigEndian(at: position + 2, as: UInt16.self) >> 3 == 0
        else { return nil }
        buffer.set(UInt16.max, at: begin + 4)
        buffer.set(0 as UInt16, at: begin + position + 2)
        return position + 4
    }
}

extension LayerTrail {
    /// The datagram that a layer lies in, or is.
    func datagram(around index: Int, in original: RawSpan) -> DatagramLayout? {
        for index in (0...max(0, index)).reversed() {
            guard let layer = self[index] else { continue }
            if let datagram = DatagramLayout(layer, in: original) { return datagram }
        }
        return nil
    }

    /// The datagram around all others.
    func outermostDatagram(in original: RawSpan) -> DatagramLayout? {
        for index in 0..<count {
            guard let layer = self[index] else { continue }
            if let datagram = DatagramLayout(layer, in: original) { return datagram }
        }
        return nil
    }
}

/// An IP datagram in a frame: where it is, and between whom.
struct DatagramLayout {
    let begin: Int
    /// By its own claim: that may be outside of the frame.
    let end: Int
    let source: Address
    let destination: Address
    /// Whether it is a part of a datagram.
    let isFragment: Bool
    let isIPv4: Bool

    /// - Returns: `nil` for another layer, or a header that is not there.
    init?(_ layer: LayerTrail.Layer, in original: RawSpan) {
        guard layer.offset <= original.byteCount else { return nil }
        let datagram = original.extracting(droppingFirst: layer.offset)
        begin = layer.offset
        switch layer.kind {
        case .ipv4:
            guard let ip = IPv4Header(datagram) else { return nil }
            let total = ip.totalLength == 0 ? datagram.byteCount : ip.totalLength
            end = begin + max(total, ip.length)
            (source, destination) = (ip.source, ip.destination)
            (isFragment, isIPv4) = (ip.isFragment, true)
        case .ipv6:
            guard let ip = IPv6Header(datagram) else { return nil }
            end = begin + (ip.end(within: datagram.byteCount) ?? datagram.byteCount)
            (source, destination) = (ip.source, ip.destination)
            if case .fragment = ip.transport(within: datagram.byteCount) {
                isFragment = true
            } else {
                isFragment = false
            }
            isIPv4 = false
        default: return nil
        }
    }
}
