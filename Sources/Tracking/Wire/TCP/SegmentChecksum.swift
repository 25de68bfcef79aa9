/// What became of a segment's checksum (RFC 9293 §3.1), as far as the capture can tell.
package enum SegmentChecksum: UInt8, BitwiseCopyable, Sendable {
    /// Not looked at: only those of SYNs are, if they were captured whole.
    case unchecked
    case right
    /// The sum of the pseudo header alone: the sending host leaves the rest to its network card, so
    /// that the packet was captured on that host.
    case unfilled
    case wrong
}

extension SegmentChecksum {
    /// Sums up a segment that was captured whole: TCP header and payload of the length that IP
    /// claims; octets behind that, as padding, do not count.
    @inline(never)
    init(of segment: RawSpan, length: Int, from source: Address, to destination: Address) {
        guard length >= TCPHeader.minimumLength, length <= segment.byteCount else {
            self = .unchecked
            return
        }
        self.init(
            addresses: InternetChecksum.sum(of: source) + InternetChecksum.sum(of: destination),
            length: length,
            segment: InternetChecksum.sum(of: segment, from: 0, to: length),
            field: segment.word(at: 16)
        )
    }

    /// The same of a segment in a plain frame: Ethernet and IPv4, both without options.
    @inline(never)
    init(inPlainIPv4 frame: RawSpan, length: Int) {
        guard length >= TCPHeader.minimumLength, 34 &+ length <= frame.byteCount else {
            self = .unchecked
            return
        }
        self.init(
            // The two addresses lie side by side.
            addresses: InternetChecksum.sum(of: frame, from: 26, to: 34),
            length: length,
            segment: InternetChecksum.sum(of: frame, from: 34, to: 34 &+ length),
            field: frame.word(at: 50)
        )
    }

    /// Sums up a UDP datagram that was captured whole (RFC 768); without a checksum it is
    /// unchecked.
    @inline(never)
    init(ofUDP datagram: RawSpan, length: Int, from source: Address, to destination: Address) {
        guard length >= 8, length <= datagram.byteCount, datagram.word(at: 6) as UInt16 != 0 else {
            self = .unchecked
            return
        }
        self.init(
            addresses: InternetChecksum.sum(of: source) + InternetChecksum.sum(of: destination),
            length: length,
            segment: InternetChecksum.sum(of: datagram, from: 0, to: length),
            field: datagram.word(at: 6),
            transport: 17
        )
    }

    @inline(always)
    private init(
        addresses: UInt64,
        length: Int,
        segment: UInt64,
        field: UInt16,
        transport: UInt8 = 6
    ) {
        let header = InternetChecksum.pseudoHeader(length: length, transport: transport)
        let pseudo = addresses &+ header
        if InternetChecksum.folded(pseudo &+ segment) == 0xFFFF {
            self = .right
        } else {
            // Some hosts leave the field empty instead; from afar that would be a wrong sum like
            // another.
            self =
                field == InternetChecksum.folded(pseudo)
                ? .unfilled : field == 0 ? .unchecked : .wrong
        }
    }
}
