import Tracking

/// One frame of a script, to be sent again and again with other addresses, ports, numbers and
/// times.
struct FrameTemplate {
    /// Since the frame before it in its script, in nanoseconds.
    let delay: Int64
    /// On the wire, in octets.
    let length: Int
    /// Where the frame begins in the storage of all templates.
    private let start: Int
    private let isIPv6: Bool
    /// Where the timestamp option's values begin in the frame; 0: it has none.
    private let timestamps: Int

    /// The ends of every script that is made a template.
    static let client: UInt32 = 0xC000_020A
    static let server: UInt32 = 0xC633_6414

    init(_ octets: [UInt8], after delay: Int64, storedAt start: Int) {
        self.delay = delay
        self.start = start
        length = octets.count
        isIPv6 = octets.count > 14 && octets[12] == 0x86
        timestamps = Self.timestamps(in: octets, isIPv6: isIPv6)
    }

    /// Where the values of the timestamp option stand, in the segment or in the one that an ICMP
    /// error quotes.
    private static func timestamps(in octets: [UInt8], isIPv6: Bool) -> Int {
        guard octets.count >= 34 else { return 0 }
        let tcp = isIPv6 ? 54 : octets[23] == 1 ? 62 : 34
        guard octets.count >= tcp + 20 else { return 0 }
        let end = min(octets.count, tcp + Int(octets[tcp + 12] >> 4) * 4)
        var offset = tcp + 20
        while offset + 1 < end, octets[offset] != 0 {
            if octets[offset] == 8, offset + 10 <= end { return offset + 2 }
            offset += octets[offset] == 1 ? 1 : max(2, Int(octets[offset + 1]))
        }
        return 0
    }

    /// Writes the frame's first octets, as `part` sends it.
    ///
    /// - Parameters:
    ///   - part: the hosts, ports, numbers and times of this time.
    ///   - storage: where the templates lie.
    ///   - target: has room for `limit` octets.
    ///   - limit: as much of the frame as is captured, in octets; 128 is enough for all headers.
    /// - Returns: how many octets were written: `length` or `limit`.
    @inline(__always)
    func write(
        as part: CastPart,
        from storage: UnsafePointer<UInt8>,
        to target: UnsafeMutablePointer<UInt8>,
        limit: Int
    ) -> Int {
        let kept = min(length, limit)
        unsafe target.update(from: storage + start, count: kept)
        let frame = unsafe PatchedFrame(octets: target, count: kept, part: part)
        if isIPv6 {
            var change = ChecksumChange()
            let isFromClient = frame.replaceAddress(at: 34, &change)
            _ = frame.replaceAddress(at: 50, &change)
            frame.patchSegment(at: 54, isFromClient, timestamps, &change)
        } else {
            frame.patchIPv4(at: 14, timestamps)
        }
        return kept
    }
}

/// Who plays a script this time.
struct CastPart {
    var client: UInt32 = 0
    var server: UInt32 = 0
    var clientPort: UInt16 = 0
    /// What is added to the sequence numbers of the script.
    var clientShift: UInt32 = 0
    var serverShift: UInt32 = 0
    /// What is added to its timestamps.
    var clockShift: UInt32 = 0
}
