/// Ids that depend on nothing but their text: the first 64 bits of its SHA-1.
package enum StableID {
    private static let digits = Array("0123456789abcdef".utf8)

    /// The leading 64 bits of the digest of `text`.
    package static func number(of text: String) -> UInt64 {
        var hash = SHA1()
        hash.take(text)
        let digest = hash.digest()
        return UInt64(digest[0]) << 32 | UInt64(digest[1])
    }

    /// 16 hexadecimal digits.
    package static func hexadecimal(of text: String) -> String {
        let number = number(of: text)
        let octets = (0..<16).map { digits[Int(number >> UInt64(60 - 4 * $0) & 15)] }
        return String(decoding: octets, as: UTF8.self)
    }
}
