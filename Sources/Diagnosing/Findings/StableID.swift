/// Ids that depend on nothing but their text: the first 64 bits of its SHA-1.
package enum StableID {
    /// The leading 64 bits of the digest of `text`.
    package static func number(of text: String) -> UInt64 {
        SHA1.digest(of: Array(text.utf8)).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// 16 hexadecimal digits.
    package static func hexadecimal(of text: String) -> String {
        let digits = String(number(of: text), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
