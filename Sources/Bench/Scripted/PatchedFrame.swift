/// A frame in which addresses, ports, numbers and times are replaced, and its checksums with them.
@safe
struct PatchedFrame {
    private let octets: UnsafeMutablePointer<UInt8>
    private let count: Int
    private let part: CastPart

    init(octets: UnsafeMutablePointer<UInt8>, count: Int, part: CastPart) {
        unsafe self.octets = unsafe octets
        self.count = count
        self.part = part
    }

    /// Replaces what lies in an IPv4 datagram: a segment, or an ICMP error that quotes one.
    @inline(__always)
    func patchIPv4(at position: Int, _ timestamps: Int) {
        guard position + 20 <= count else { return }
        var change = ChecksumChange()
        let isFromClient = replaceAddress(at: position + 12, &change)
        _ = replaceAddress(at: position + 16, &change)
        store(change.applied(to: word(at: position + 10)), at: position + 10)
        if unsafe octets[position + 9] == 6 {
            patchSegment(at: position + 20, isFromClient, timestamps, &change)
        } else if unsafe octets[position + 9] == 1 {
            patchError(at: position + 20, timestamps)
        }
    }

    /// Replaces what lies in a segment; `change` is what has changed in its pseudo-header.
    @inline(__always)
    func patchSegment(
        at position: Int,
        _ isFromClient: Bool,
        _ timestamps: Int,
        _ change: inout ChecksumChange
    ) {
        guard position + 20 <= count else { return }
        let port = position + (isFromClient ? 0 : 2)
        change.replace(word(at: port), by: part.clientPort)
        store(part.clientPort, at: port)
        let flags = unsafe octets[position + 13]
        let own = isFromClient ? part.clientShift : part.serverShift
        let sequence = longWord(at: position + 4)
        // The RST that answers a segment without ACK has sequence number 0 (RFC 9293 §3.10.7.1).
        if sequence != 0 || flags & 0x14 != 0x14 { add(own, at: position + 4, &change) }
        if flags & 0x10 != 0 {
            add(isFromClient ? part.serverShift : part.clientShift, at: position + 8, &change)
        }
        if timestamps > 0, timestamps + 8 <= count {
            add(part.clockShift, at: timestamps, &change)
            if longWord(at: timestamps + 4) != 0 {
                add(part.clockShift, at: timestamps + 4, &change)
            }
        }
        store(change.applied(to: word(at: position + 16)), at: position + 16)
    }

    /// Replaces what lies in the datagram that an ICMP error quotes.
    @inline(never)
    private func patchError(at position: Int, _ timestamps: Int) {
        guard position + 36 <= count else { return }
        patchIPv4(at: position + 8, timestamps)
        store(0 as UInt16, at: position + 2)
        var sum: UInt32 = 0
        for offset in stride(from: position, to: count - 1, by: 2) {
            sum &+= UInt32(word(at: offset))
        }
        if (count - position) % 2 == 1 { sum &+= unsafe UInt32(octets[count - 1]) << 8 }
        while sum > 0xFFFF { sum = (sum & 0xFFFF) &+ (sum >> 16) }
        store(~UInt16(truncatingIfNeeded: sum), at: position + 2)
    }

    /// Replaces an address, if it is one of the script's ends.
    ///
    /// - Returns: whether it was the client's.
    @inline(__always)
    func replaceAddress(at position: Int, _ change: inout ChecksumChange) -> Bool {
        let address = longWord(at: position)
        let isClient = address == FrameTemplate.client
        guard isClient || address == FrameTemplate.server else { return false }
        let new = isClient ? part.client : part.server
        change.replace(address, by: new)
        store(new, at: position)
        return isClient
    }

    @inline(__always)
    private func add(_ shift: UInt32, at position: Int, _ change: inout ChecksumChange) {
        let old = longWord(at: position)
        change.replace(old, by: old &+ shift)
        store(old &+ shift, at: position)
    }

    @inline(__always)
    private func word(at position: Int) -> UInt16 {
        unsafe UInt16(
            bigEndian: UnsafeRawPointer(octets + position).loadUnaligned(as: UInt16.self)
        )
    }

    @inline(__always)
    private func longWord(at position: Int) -> UInt32 {
        unsafe UInt32(
            bigEndian: UnsafeRawPointer(octets + position).loadUnaligned(as: UInt32.self)
        )
    }

    @inline(__always)
    private func store(_ value: some FixedWidthInteger & UnsignedInteger, at position: Int) {
        unsafe UnsafeMutableRawPointer(octets + position).storeBytes(
            of: value.bigEndian,
            as: type(of: value)
        )
    }
}
