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
    func patchIPv4(at place: Int, _ timestamps: Int) {
        guard place + 20 <= count else { return }
        var change = ChecksumChange()
        let isFromClient = replaceAddress(at: place + 12, &change)
        _ = replaceAddress(at: place + 16, &change)
        store(change.applied(to: word(at: place + 10)), at: place + 10)
        if unsafe octets[place + 9] == 6 {
            patchSegment(at: place + 20, isFromClient, timestamps, &change)
        } else if unsafe octets[place + 9] == 1 {
            patchError(at: place + 20, timestamps)
        }
    }

    /// Replaces what lies in a segment; `change` is what has changed in its pseudo-header.
    @inline(__always)
    func patchSegment(
        at place: Int,
        _ isFromClient: Bool,
        _ timestamps: Int,
        _ change: inout ChecksumChange
    ) {
        guard place + 20 <= count else { return }
        let port = place + (isFromClient ? 0 : 2)
        change.replace(word(at: port), by: part.clientPort)
        store(part.clientPort, at: port)
        let flags = unsafe octets[place + 13]
        let own = isFromClient ? part.clientShift : part.serverShift
        let sequence = longWord(at: place + 4)
        // The RST that answers a segment without ACK has sequence number 0 (RFC 9293 §3.10.7.1).
        if sequence != 0 || flags & 0x14 != 0x14 { add(own, at: place + 4, &change) }
        if flags & 0x10 != 0 {
            add(isFromClient ? part.serverShift : part.clientShift, at: place + 8, &change)
        }
        if timestamps > 0, timestamps + 8 <= count {
            add(part.clockShift, at: timestamps, &change)
            if longWord(at: timestamps + 4) != 0 {
                add(part.clockShift, at: timestamps + 4, &change)
            }
        }
        store(change.applied(to: word(at: place + 16)), at: place + 16)
    }

    /// Replaces what lies in the datagram that an ICMP error quotes.
    @inline(never)
    private func patchError(at place: Int, _ timestamps: Int) {
        guard place + 36 <= count else { return }
        patchIPv4(at: place + 8, timestamps)
        store(0 as UInt16, at: place + 2)
        var sum: UInt32 = 0
        for offset in stride(from: place, to: count - 1, by: 2) {
            sum &+= UInt32(word(at: offset))
        }
        if (count - place) % 2 == 1 { sum &+= unsafe UInt32(octets[count - 1]) << 8 }
        while sum > 0xFFFF { sum = (sum & 0xFFFF) &+ (sum >> 16) }
        store(~UInt16(truncatingIfNeeded: sum), at: place + 2)
    }

    /// Replaces an address, if it is one of the script's ends.
    ///
    /// - Returns: whether it was the client's.
    @inline(__always)
    func replaceAddress(at place: Int, _ change: inout ChecksumChange) -> Bool {
        let address = longWord(at: place)
        let isClient = address == FrameTemplate.client
        guard isClient || address == FrameTemplate.server else { return false }
        let new = isClient ? part.client : part.server
        change.replace(address, by: new)
        store(new, at: place)
        return isClient
    }

    @inline(__always)
    private func add(_ shift: UInt32, at place: Int, _ change: inout ChecksumChange) {
        let old = longWord(at: place)
        change.replace(old, by: old &+ shift)
        store(old &+ shift, at: place)
    }

    @inline(__always)
    private func word(at place: Int) -> UInt16 {
        unsafe UInt16(
            bigEndian: UnsafeRawPointer(octets + place).loadUnaligned(as: UInt16.self)
        )
    }

    @inline(__always)
    private func longWord(at place: Int) -> UInt32 {
        unsafe UInt32(
            bigEndian: UnsafeRawPointer(octets + place).loadUnaligned(as: UInt32.self)
        )
    }

    @inline(__always)
    private func store(_ value: some FixedWidthInteger & UnsignedInteger, at place: Int) {
        unsafe UnsafeMutableRawPointer(octets + place).storeBytes(
            of: value.bigEndian,
            as: type(of: value)
        )
    }
}
