extension PcapngRecords {
    /// What stands between the two lengths of a block.
    struct Body: BitwiseCopyable {
        /// In the window, in octets from its begin.
        let start: Int
        let end: Int
        /// Whether the block goes on beyond the window.
        let isCut: Bool
        let isBigEndian: Bool
    }

    /// An option of a block: where in the window its value lies.
    struct Option: BitwiseCopyable {
        let code: UInt32
        let start: Int
        let count: Int
    }
}

extension PcapngRecords.Body {
    var count: Int { end - start }

    /// - Throws: unless the body has so many octets.
    func require(_ count: Int, for block: String) throws(RecordFault) {
        guard self.count < count else { return }
        throw .record("\(block) has \(count + 12) bytes or more, this one \(self.count + 12)")
    }

    func word(at offset: Int, in window: borrowing OctetWindow) -> UInt32 {
        window.word(at: start + offset, isBigEndian: isBigEndian)
    }

    func words(at offset: Int, in window: borrowing OctetWindow) -> (UInt32, UInt32) {
        window.words(at: start + offset, isBigEndian: isBigEndian)
    }

    /// The number of 8 octets at an offset in the window.
    func long(at position: Int, in window: borrowing OctetWindow) -> UInt64 {
        let (first, second) = window.words(at: position, isBigEndian: isBigEndian)
        let (high, low) = isBigEndian ? (first, second) : (second, first)
        return UInt64(high) << 32 | UInt64(low)
    }

    /// The options from an offset of the body on, up to their end or the first one that does not
    /// fit.
    func options(from offset: Int, in window: borrowing OctetWindow) -> [PcapngRecords.Option] {
        var options: [PcapngRecords.Option] = []
        var position = start + offset
        // No block that matters has more of them.
        while end - position >= 4, options.count < 64 {
            let word = window.word(at: position, isBigEndian: isBigEndian)
            let code = isBigEndian ? word >> 16 : word & 0xFFFF
            let length = Int(isBigEndian ? word & 0xFFFF : word >> 16)
            guard code != 0, length <= end - position - 4 else { break }
            options.append(.init(code: code, start: position + 4, count: length))
            position += 4 + ((length + 3) & ~3)
        }
        return options
    }
}
