/// Looking for words in texts by their octets, since to go by characters takes many times as long.
extension String {
    /// The offset of the first octets from `start` that are those of `words`; `nil` where there are
    /// none.
    func offset(of words: String, from start: Int = 0) -> Int? {
        let (text, wanted) = (utf8Span.span, words.utf8Span.span)
        guard let first = wanted.isEmpty ? nil : wanted[0] else { return nil }
        var offset = start
        while offset + wanted.count <= text.count {
            if text[offset] == first, wanted.indices.allSatisfy({ text[offset + $0] == wanted[$0] })
            {
                return offset
            }
            offset += 1
        }
        return nil
    }

    /// As a sentence begins; an IPv6 address keeps its form.
    package var capitalizedFirst: String {
        let octets = utf8Span.span
        for index in octets.indices where octets[index] <= UInt8(ascii: ":") {
            if octets[index] == UInt8(ascii: ":") { return self }
            if octets[index] == UInt8(ascii: " ") { break }
        }
        guard let first else { return self }
        let capital = first.uppercased()
        return capital == String(first) ? self : capital + dropFirst()
    }
}
