import Tracking

/// The Community ID flow hash, version 1, which Zeek, Suricata and others print too.
package enum CommunityID {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
    )

    /// The id of a four-tuple, the same for both directions.
    package static func text(
        _ one: Endpoint,
        _ other: Endpoint,
        over transport: Transport = .tcp,
        seed: UInt16 = 0
    ) -> String {
        let (first, second) = one < other ? (one, other) : (other, one)
        var hash = SHA1()
        hash.take(seed)
        for address in [first.address, second.address] {
            if !address.isIPv4 {
                hash.take(address.high)
                hash.take(UInt32(truncatingIfNeeded: address.low >> 32))
            }
            hash.take(UInt32(truncatingIfNeeded: address.low))
        }
        hash.take(UInt16(transport.rawValue) << 8)
        hash.take(first.port)
        hash.take(second.port)
        return base64(hash.digest())
    }

    /// The version and a digest in base64 (RFC 4648 §4): 20 octets are 27 characters and one of
    /// padding.
    private static func base64(_ digest: [5 of UInt32]) -> String {
        var text = Array("1:".utf8)
        text.reserveCapacity(30)
        var (bits, width): (UInt64, UInt64) = (0, 0)
        for index in digest.indices {
            bits = bits << 32 | UInt64(digest[index])
            width += 32
            while width >= 6 {
                width -= 6
                text.append(alphabet[Int(bits >> width & 63)])
            }
        }
        text.append(alphabet[Int(bits << (6 - width) & 63)])
        text.append(UInt8(ascii: "="))
        return String(decoding: text, as: UTF8.self)
    }
}

extension SHA1 {
    /// Takes the octets of a number, most significant first.
    fileprivate mutating func take<Number: FixedWidthInteger & UnsignedInteger>(_ number: Number) {
        for position in 1...Number.bitWidth / 8 {
            take(UInt8(truncatingIfNeeded: number >> Number(Number.bitWidth - 8 * position)))
        }
    }
}
