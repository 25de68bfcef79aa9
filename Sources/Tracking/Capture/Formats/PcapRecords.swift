/// The records of a pcap file (draft-ietf-opsawg-pcap), walked where a window of the file lies in
/// memory.
struct PcapRecords: RecordWalker {
    /// In octets.
    static let fileHeaderLength = 24

    let hasNanoseconds: Bool
    let snapshotLength: Int
    /// As libpcap numbers it.
    let dataLink: Int32
    private let isBigEndian: Bool
    private let nanosecondsPerUnit: Int64
    private let headerLength: Int
    private let order: LengthOrder
    /// The longest frame, in octets, of a file in the form that nearly all have and in the byte
    /// order of nearly all machines; below 0 for others.
    private let usualLimit: Int

    /// Where a record's captured length stands.
    private enum LengthOrder {
        case capturedFirst
        /// The files of tcpdump before version 2.3, and of DG/UX.
        case originalFirst
        /// Version 2.3: either, and the smaller one is it.
        case smallerIsCaptured
    }

    /// None at all.
    init() {
        hasNanoseconds = false
        snapshotLength = 0
        dataLink = -1
        isBigEndian = false
        nanosecondsPerUnit = 1000
        headerLength = 16
        order = .capturedFirst
        usualLimit = -1
    }

    /// Reads the file's header.
    ///
    /// - Throws: what is wrong with it.
    init(_ header: [UInt8]) throws(RecordFault) {
        guard let form = PcapForm(magic: Array(header.prefix(4))),
            header.count >= Self.fileHeaderLength
        else {
            throw .record(
                "it has \(Self.fileHeaderLength) bytes, and the file ends after \(header.count)"
            )
        }
        func number(at range: Range<Int>) -> UInt32 {
            let octets = Array(header[range])
            return (form.isBigEndian ? octets : octets.reversed()).reduce(0) {
                $0 << 8 | UInt32($1)
            }
        }
        let (major, minor) = (number(at: 4..<6), number(at: 6..<8))
        switch (major, minor) {
        case (2, 4): order = .capturedFirst
        case (2, 3): order = .smallerIsCaptured
        case (2, 0..<3), (543, 0): order = .originalFirst
        default: throw .record("it is of version \(major).\(minor); expected 2.0 to 2.4")
        }
        isBigEndian = form.isBigEndian
        hasNanoseconds = form.hasNanoseconds
        nanosecondsPerUnit = form.hasNanoseconds ? 1 : 1000
        headerLength = form.recordHeaderLength
        let isUsual = !form.isBigEndian && order == .capturedFirst && headerLength == 16
        let claimed = number(at: 16..<20)
        snapshotLength =
            claimed == 0 || claimed > Int32.max ? CapturedRecord.longestFrame : Int(claimed)
        usualLimit = isUsual ? min(snapshotLength, CapturedRecord.longestFrame) : -1
        // Above the link type lie the length of the frame check sequence and reserved bits.
        dataLink = LinkType.dataLink(ofFile: number(at: 20..<24) & 0x03FF_FFFF)
    }

    /// Steps to the next record if it is ahead as a whole, so that nothing must be moved.
    @inline(always)
    mutating func advanceInPlace(
        in stretch: inout OctetStretch,
        to record: inout CapturedRecord
    ) -> Bool {
        let lengths = stretch.long(at: 8)
        let claimed = Int(lengths & 0xFFFF_FFFF)
        let length = 16 &+ claimed
        // The margin makes a header of which only a part is ahead one of whatever length; it is
        // longer than what is left.
        guard length <= stretch.left, claimed <= usualLimit else {
            return advance(by: unusualStep(stretch, record.linkType), in: &stretch, to: &record)
        }
        let stamp = stretch.long(at: 0)
        record.time =
            Int64(stamp & 0xFFFF_FFFF) &* 1_000_000_000
            &+ Int64(stamp >> 32) &* nanosecondsPerUnit
        record.originalLength = UInt32(truncatingIfNeeded: lengths >> 32)
        record.start = stretch.position &+ 16
        record.count = claimed
        stretch.step(over: length)
        return true
    }

    @inline(always)
    private func advance(
        by step: (length: Int, record: CapturedRecord)?,
        in stretch: inout OctetStretch,
        to record: inout CapturedRecord
    ) -> Bool {
        guard let step else { return false }
        record = step.record
        stretch.step(over: step.length)
        return true
    }

    /// The next record in any form and byte order, and its length with its header.
    ///
    /// Given back, and not written where others stand: what is lent to a call lies in memory.
    @inline(never)
    private func unusualStep(
        _ stretch: OctetStretch,
        _ linkType: LinkType
    ) -> (length: Int, record: CapturedRecord)? {
        guard stretch.left >= headerLength else { return nil }
        var (claimed, original) = stretch.words(at: 8, isBigEndian: isBigEndian)
        Self.reorder(&claimed, &original, from: order)
        let length = headerLength &+ Int(claimed)
        guard claimed <= CapturedRecord.longestFrame, length <= stretch.left else { return nil }
        let (seconds, fraction) = stretch.words(at: 0, isBigEndian: isBigEndian)
        let record = CapturedRecord(
            start: stretch.position &+ headerLength,
            count: min(Int(claimed), snapshotLength),
            time: Int64(seconds) &* 1_000_000_000 &+ Int64(fraction) &* nanosecondsPerUnit,
            originalLength: original,
            linkType: linkType
        )
        return (length, record)
    }

    /// Steps to the next record.
    ///
    /// - Returns: `false` at the end of the file.
    mutating func advance(
        in window: inout OctetWindow,
        to record: inout CapturedRecord
    ) throws(RecordFault) -> Bool {
        if window.advance(with: &self, to: &record) { return true }
        guard try window.fetch(headerLength) else {
            if window.left == 0 { return false }
            throw .record(
                "its header has \(headerLength) bytes, and the file ends after \(window.left) of them"
            )
        }
        var (claimed, original) = window.words(at: window.position &+ 8, isBigEndian: isBigEndian)
        Self.reorder(&claimed, &original, from: order)
        guard claimed <= CapturedRecord.longestFrame else {
            let longest = CapturedRecord.longestFrame
            throw .record(
                "it claims \(claimed) bytes, more than the \(longest) that a frame may have"
            )
        }
        guard try window.fetch(headerLength &+ Int(claimed)) else {
            let rest = window.left &- headerLength
            throw .record("it has \(claimed) bytes, and the file ends after \(rest) of them")
        }
        return window.advance(with: &self, to: &record)
    }

    @inline(never)
    private static func reorder(
        _ captured: inout UInt32,
        _ original: inout UInt32,
        from order: LengthOrder
    ) {
        switch order {
        case .capturedFirst: break
        case .originalFirst: swap(&captured, &original)
        case .smallerIsCaptured: if captured > original { swap(&captured, &original) }
        }
    }
}
