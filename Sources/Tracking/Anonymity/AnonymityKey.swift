/// The secret that decides which names stand for which: 128 bits.
package struct AnonymityKey: Hashable, Sendable {
    private let first: UInt64
    private let second: UInt64

    /// Reads 32 hexadecimal digits, with white space around them.
    ///
    /// - Returns: `nil` for anything else.
    package init?(_ text: String) {
        let digits = text.filter { !$0.isWhitespace }
        guard digits.utf8.count == 32, digits.allSatisfy(\.isHexDigit),
            let first = UInt64(digits.prefix(16), radix: 16),
            let second = UInt64(digits.suffix(16), radix: 16)
        else { return nil }
        (self.first, self.second) = (first, second)
    }

    private init(_ first: UInt64, _ second: UInt64) {
        (self.first, self.second) = (first, second)
    }

    /// A new key from the system's source of randomness.
    package static func random() -> AnonymityKey {
        var source = SystemRandomNumberGenerator()
        return AnonymityKey(source.next(), source.next())
    }

    /// The digits that `init` reads.
    package var text: String {
        [first, second].map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    /// What stands for an address by this key.
    package func pseudonym(of address: Address) -> Address {
        var pseudonyms = Pseudonyms(self)
        return pseudonyms.address(address)
    }

    /// Written as bytes, the digits are the key of the hash in order.
    var hash: SipHash { SipHash(key: first.byteSwapped, second.byteSwapped) }
}
