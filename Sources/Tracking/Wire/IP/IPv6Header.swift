/// An IPv6 header where it lies in a captured frame (RFC 8200 §3).
struct IPv6Header: ~Escapable {
    static let length = 40

    private let octets: RawSpan

    /// - Returns: `nil` when the header was not captured whole, or is not one of version 6.
    @_lifetime(copy octets)
    init?(_ octets: RawSpan) {
        guard octets.byteCount >= Self.length, octets.octet(at: 0) >> 4 == 6 else { return nil }
        self.octets = octets
    }

    var payloadLength: Int { Int(octets.bigEndian(at: 4, as: UInt16.self)) }
    var nextHeader: UInt8 { octets.octet(at: 6) }
    var hopLimit: UInt8 { octets.octet(at: 7) }

    var source: Address {
        Address(high: octets.bigEndian(at: 8), low: octets.bigEndian(at: 16))
    }

    var destination: Address {
        Address(high: octets.bigEndian(at: 24), low: octets.bigEndian(at: 32))
    }

    /// The transport protocol and where its header begins, behind all extension headers (RFC 8200
    /// §4).
    ///
    /// - Parameters:
    ///   - reach: how many octets from the header's begin may be read.
    ///   - opensFirstFragment: whether to read on in a datagram's first part, as if it were the
    ///     whole.
    /// - Returns: where it is, or why it cannot be had.
    func transport(within reach: Int, opensFirstFragment: Bool = false) -> Transport {
        var header = nextHeader
        var offset = Self.length
        // Each step advances by 8 octets or more, so the walk ends with the datagram.
        while true {
            switch header {
            case 0, 43, 60, 135:
                guard offset + 8 <= reach else { return .cutShort }
                header = octets.octet(at: offset)
                offset += (Int(octets.octet(at: offset + 1)) + 1) * 8
            case 51:
                guard offset + 8 <= reach else { return .cutShort }
                header = octets.octet(at: offset)
                offset += (Int(octets.octet(at: offset + 1)) + 2) * 4
            case 44:
                guard offset + 8 <= reach else { return .cutShort }
                let field: UInt16 = octets.bigEndian(at: offset + 2)
                // One of a single part is as good as none (RFC 6946).
                guard field & 0xFFF9 == 0 || opensFirstFragment && field >> 3 == 0 else {
                    return .fragment(offset)
                }
                header = octets.octet(at: offset)
                offset += 8
            default:
                return offset <= reach ? .found(header, offset) : .cutShort
            }
        }
    }

    /// Where the walk over the extension headers ended.
    enum Transport {
        case found(UInt8, Int)
        /// At the fragment header of a part of a datagram.
        case fragment(Int)
        case cutShort
    }

    /// Where the datagram ends by its own claim, counted from its begin; `nil` where it claims
    /// nothing, because the sending host left it to its network card to cut.
    func end(within reach: Int) -> Int? {
        if payloadLength != 0 { return Self.length + payloadLength }
        // The jumbo payload option stands first where it stands at all (RFC 2675 §2).
        guard nextHeader == 0, reach >= Self.length + 8,
            octets.bigEndian(at: Self.length + 2, as: UInt16.self) == 0xC204
        else { return nil }
        return Self.length + Int(octets.bigEndian(at: Self.length + 4, as: UInt32.self))
    }
}
