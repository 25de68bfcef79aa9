extension Packet {
    /// The segment in `octets`, as far as it was captured, of `length` octets as IP claims it.
    @inline(always)
    init(
        tcp octets: RawSpan,
        from source: Address,
        to destination: Address,
        claiming length: Int,
        timeToLive: UInt8,
        identification: UInt16
    ) {
        guard let tcp = TCPHeader(octets) else {
            let isWhole = octets.byteCount >= TCPHeader.minimumLength
            self = .unread(isWhole || length < TCPHeader.minimumLength ? .malformed : .cutShort)
            return
        }
        guard let payloadLength = UInt32(exactly: length - tcp.length) else {
            self = .unread(.malformed)
            return
        }
        var segment = Segment(
            source: Endpoint(source, port: tcp.sourcePort),
            destination: Endpoint(destination, port: tcp.destinationPort),
            sequence: tcp.sequence,
            acknowledgment: tcp.acknowledgment,
            payloadLength: payloadLength,
            flags: tcp.flags,
            window: tcp.window,
            options: tcp.options,
            timeToLive: timeToLive,
            identification: identification
        )
        segment.capturedLength = UInt32(clamping: octets.byteCount - tcp.length)
        if segment.flags.contains(.syn) {
            segment.checksum = SegmentChecksum(
                of: octets,
                length: length,
                from: source,
                to: destination
            )
        }
        self = .segment(segment)
    }
}
