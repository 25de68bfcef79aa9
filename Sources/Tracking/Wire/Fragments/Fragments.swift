/// Parts of IP datagrams that wait for the others (RFC 791 §3.2; RFC 8200 §4.5).
///
/// Where parts overlap, what came first counts. Memory is bounded: where it is full, or 30 s of the
/// capture have passed, the oldest datagram goes; its parts stay counted as incomplete.
struct Fragments {
    /// A datagram that is whole again.
    struct Whole {
        /// With a header of its own.
        let octets: [UInt8]
        /// Of how many parts.
        let parts: UInt64
    }

    /// As many datagrams wait, and so many octets of all of them.
    static let limit = 1024
    static let octetLimit = 4 << 20
    private static let longestWait: Int64 = 30_000_000_000
    private static let longest = 65_535

    /// How many datagrams that are whole again lie around what is read now; crafted ones nest
    /// without end.
    var depth = 0
    static let deepest = 8

    private var accumulators: [FragmentPart.Key: FragmentedDatagram] = [:]
    /// In order of their first parts; datagrams that are gone among them, as another serial number
    /// tells.
    private var queue: [(key: FragmentPart.Key, serial: UInt64)] = []
    private var head = 0
    private var serial: UInt64 = 0
    /// Of all drafts.
    private(set) var octetCount = 0

    var count: Int { accumulators.count }

    /// Takes the part in an IP datagram as it was captured.
    ///
    /// - Returns: the whole, if this part was the last one that it lacked.
    mutating func add(_ datagram: RawSpan, in encapsulation: EncapsulationID, at time: Int64)
        -> Whole?
    {
        guard
            let part = FragmentPart(ipv4: datagram, in: encapsulation)
                ?? FragmentPart(ipv6: datagram, in: encapsulation),
            part.range.upperBound <= Self.longest
        else { return nil }
        dropOld(before: time)
        let key = part.key
        if accumulators[key] == nil { begin(key, at: time) }
        guard var accumulator = accumulators.removeValue(forKey: key) else { return nil }
        octetCount -= accumulator.payload.count
        accumulator.take(part, of: datagram)
        if let whole = accumulator.whole { return whole }
        octetCount += accumulator.payload.count
        accumulators[key] = accumulator
        while octetCount > Self.octetLimit { dropOldest() }
        return nil
    }

    private mutating func begin(_ key: FragmentPart.Key, at time: Int64) {
        while accumulators.count >= Self.limit { dropOldest() }
        serial += 1
        accumulators[key] = FragmentedDatagram(begin: time, serial: serial)
        queue.append((key, serial))
    }

    private mutating func dropOld(before time: Int64) {
        while head < queue.count {
            let accumulator = accumulators[queue[head].key]
            let isThere = accumulator?.serial == queue[head].serial
            if isThere, let accumulator, time &- accumulator.begin <= Self.longestWait { break }
            dropOldest()
        }
    }

    private mutating func dropOldest() {
        guard head < queue.count else {
            accumulators = [:]
            octetCount = 0
            return
        }
        let (key, serial) = queue[head]
        head += 1
        if let accumulator = accumulators[key], accumulator.serial == serial {
            octetCount -= accumulator.payload.count
            accumulators[key] = nil
        }
        // What is behind us goes when it is the larger half.
        if head > 64, head * 2 > queue.count {
            queue.removeFirst(head)
            head = 0
        }
    }
}
