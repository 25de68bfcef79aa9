/// UDP: the headers of all, and the contents of what names hosts: DNS and port mappers.
extension FrameRewriter {
    private static let headerLength = 8
    /// DNS, multicast DNS, and LLMNR, which has the same form (RFC 4795).
    private static let namePorts: Set<UInt16> = [53, 5353, 5355]

    mutating func rewriteUDP(at offset: Int, in datagram: DatagramLayout, of original: RawSpan) {
        let begin = offset + Self.headerLength
        end = max(end, min(begin, min(datagram.end, buffer.count)))
        guard original.byteCount >= begin, !datagram.isFragment else { return }
        let ports: (UInt16, UInt16) = (
            original.bigEndian(at: offset), original.bigEndian(at: offset + 2)
        )
        let length = Int(original.bigEndian(at: offset + 4, as: UInt16.self))
        let last = min(min(datagram.end, offset + length), buffer.count)
        guard begin < last else { return }
        let payload = begin..<last
        if ports.0 == PortmapPayload.port || ports.1 == PortmapPayload.port {
            rewritePortmap(in: payload, of: original, isStream: false)
        } else if Self.namePorts.contains(ports.0) || Self.namePorts.contains(ports.1) {
            rewriteDNS(in: payload, of: original)
        }
    }
}
