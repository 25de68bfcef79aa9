/// A TCP header where it lies in a captured frame (RFC 9293 §3.1).
///
/// A view, not a copy: it lives no longer than the frame. Once made, all its fixed fields are
/// there; its options may have been cut off by the snapshot length.
struct TCPHeader: ~Escapable {
    static let minimumLength = 20

    private let octets: RawSpan

    /// - Returns: `nil` when the fixed header was not captured whole, or claims less than five
    ///   words.
    @inline(always)
    @_lifetime(copy octets)
    init?(_ octets: RawSpan) {
        guard octets.byteCount >= Self.minimumLength, octets.octet(at: 12) >= 0x50 else {
            return nil
        }
        self.octets = octets
    }

    @inline(always) var sourcePort: UInt16 { octets.bigEndian(at: 0) }
    @inline(always) var destinationPort: UInt16 { octets.bigEndian(at: 2) }
    @inline(always) var sequence: SequenceNumber { SequenceNumber(octets.bigEndian(at: 4)) }
    @inline(always) var acknowledgment: SequenceNumber { SequenceNumber(octets.bigEndian(at: 8)) }
    @inline(always) var window: UInt16 { octets.bigEndian(at: 14) }
    @inline(always) var options: TCPOptions { TCPOptions(header: octets, length: length) }

    /// With options, in octets: 20 … 60.
    @inline(always) var length: Int { Int(octets.octet(at: 12) >> 4) * 4 }

    @inline(always) var flags: TCPFlags {
        TCPFlags(rawValue: octets.bigEndian(at: 12, as: UInt16.self) & 0x1FF)
    }
}
