import Tracking

/// The Community ID flow hash, version 1, which Zeek, Suricata and others print too.
package enum CommunityID {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    )

    /// The id of a four-tuple, the same for both directions.
    package static func text(
        _ one: Endpoint,
        _ other: Endpoint,
        over transport: Transport = .tcp,
        seed: UInt16 = 0
    ) -> String {
        let (first, second) = one < other ? (one, other) : (other, one)
        var message: [UInt8] = [UInt8(seed >> 8), UInt8(seed & 0xFF)]
        message += octets(of: first.address) + octets(of: second.address)
        message += [transport.rawValue, 0]
        for port in [first.port, second.port] { message += [UInt8(port >> 8), UInt8(port & 0xFF)] }
        return "1:" + base64(SHA1.digest(of: message))
    }

    private static func octets(of address: Address) -> [UInt8] {
        let words = address.isIPv4 ? [] : [address.high, address.low]
        guard words.isEmpty else {
            return words.flatMap { word in
                (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) }
            }
        }
        return (0..<4).map { UInt8(truncatingIfNeeded: address.low >> UInt64(24 - 8 * $0)) }
    }

    private static func base64(_ octets: [UInt8]) -> String {
        var text = ""
        for start in stride(from: 0, to: octets.count, by: 3) {
            let group = octets[start..<min(start + 3, octets.count)]
            let bits =
                group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
            for place in 0..<4 {
                let isPadding = place > group.count
                text.append(isPadding ? "=" : alphabet[Int(bits >> UInt32(18 - 6 * place) & 63)])
            }
        }
        return text
    }
}
