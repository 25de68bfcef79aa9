/// Counts of everything that was read: what the report owes its reader about the input.
package struct Tally: Hashable, Sendable {
    package var packets: UInt64 = 0
    package var octets: UInt64 = 0
    package var segments: UInt64 = 0
    package var icmpErrors: UInt64 = 0
    /// By `UnreadReason.rawValue`.
    package var unread = [UInt64](repeating: 0, count: UnreadReason.allCases.count)
    /// Parts of datagrams that were read with the part that completed them.
    package var joinedFragments: UInt64 = 0
    /// ICMP errors about a connection of which no packet was captured.
    package var unattachedICMPErrors: UInt64 = 0
    package var flows: UInt64 = 0
    package var flowsEvicted: UInt64 = 0
    /// Flows that were over by TCP's timers, and made room for others.
    package var flowsAged: UInt64 = 0
    /// Connections that a SYN began, and those that came up: as they happen, where `outcomes` waits
    /// for their end.
    package var attempts: UInt64 = 0
    package var established: UInt64 = 0
    package var eventsRefused: UInt64 = 0
    /// Segments of connections for which there was no room beside others on the same four-tuple.
    package var encapsulationsRefused: UInt64 = 0
    /// Connections that ended oddly, and of which there was no room to remember how.
    package var streamsRefused: UInt64 = 0
    /// RSTs of which there was no room to remember what they say.
    package var resetReasonsRefused: UInt64 = 0
    /// Incarnations that found no place in the list of flows.
    package var handshakesOmitted: UInt64 = 0
    /// By `HandshakeOutcome.rawValue`.
    package var outcomes = [UInt64](repeating: 0, count: HandshakeOutcome.allCases.count)
    /// SYN to SYN-ACK, by `delayBounds`, the last one beyond all bounds.
    package var answerDelays = [UInt64](repeating: 0, count: Self.delayBounds.count + 1)
    /// In microseconds.
    package var answerDelaySum: UInt64 = 0
    /// Of SYNs and SYN-ACKs that were captured whole.
    package var rightChecksums: UInt64 = 0
    package var wrongChecksums: UInt64 = 0
    /// Acknowledgments of data that the capture misses.
    package var lossSigns: UInt64 = 0
    /// Connections of which both ends' numbers are known from SYN to FIN, and those among them that
    /// sent data of which nothing was captured.
    package var numberedFlows: UInt64 = 0
    package var hollowFlows: UInt64 = 0
    /// Connections that were captured on both sides of an address translation, and how many of them
    /// were established on both: counted once.
    package internal(set) var translations: [Translations.Pair] = []
    var translatedCopies: UInt64 = 0
    var establishedCopies: UInt64 = 0
    /// Packets captured before one that stands before them.
    package var timeReversals: UInt64 = 0
    /// The longest time without a packet, and when it began; `nil` where none is longer than a
    /// millisecond.
    package var longestSilence: (begin: Int64, duration: Int64)? {
        silenceBegin.map { ($0, longestGap) }
    }
    private var silenceBegin: Int64?
    /// In nanoseconds.
    private var longestGap: Int64 = 1_000_000
    /// The last times before the capture itself paused, as one of files that were glued together.
    package private(set) var pauses: [Int64] = []
    /// A longer silence is a pause, in nanoseconds: whoever waited for an answer has given up by
    /// then.
    private static let leastPause: Int64 = 600_000_000_000
    private static let pauseLimit = 256
    /// A shorter step in time is neither the longest silence nor a pause.
    private var leapLimit: Int64 { min(longestGap, Self.leastPause) }
    /// The first and the last capture time, in nanoseconds since 1970.
    package var window: (first: Int64, last: Int64)? {
        packets > 0 ? (earliest, latest) : nil
    }
    var earliest = Int64.max
    var latest = Int64.min

    /// So many packets do not come within the same tick of any clock.
    private static let packetsOfTick: UInt64 = 8

    /// Whether packets have times of their own: in a capture without a clock all have the same.
    package var hasClock: Bool { packets < Self.packetsOfTick || earliest != latest }

    /// The upper bounds of the delay classes, in microseconds.
    package static let delayBounds: [UInt64] = [100, 1_000, 10_000, 100_000, 1_000_000]

    package init() {}

    package func unread(_ reason: UnreadReason) -> UInt64 { unread[Int(reason.rawValue)] }

    /// Connections that were established, to their initiators at least.
    package var completed: UInt64 {
        let all = outcome(.completed) + outcome(.probed)
        return all - min(all, establishedCopies)
    }

    package func outcome(_ outcome: HandshakeOutcome) -> UInt64 { outcomes[Int(outcome.rawValue)] }

    /// Attempts to connect that the capture saw begin.
    package var attempted: UInt64 {
        let all = outcomes.reduce(0, +) - outcome(.midstream)
        return all - min(all, translatedCopies)
    }

    /// Takes all packets of a batch, which must not be empty.
    mutating func note(_ batch: borrowing Batch) {
        let run = batch.run
        octets &+= run.octets
        packets &+= 1
        note(run.first)
        // After a step back, all is early until the latest time is reached again.
        if run.first == latest, run.longestStep <= UInt64(bitPattern: leapLimit) {
            packets &+= UInt64(run.count &- 1)
            latest = run.last
        } else {
            for index in 1..<run.count {
                packets &+= 1
                note(batch[index].time)
            }
        }
    }

    @inline(always)
    private mutating func note(_ time: Int64) {
        // Seen without a sign, a step back is longer than any other, and so is the first.
        let step = UInt64(bitPattern: time &- latest)
        if step <= UInt64(bitPattern: leapLimit) { latest = time } else { noteLeap(to: time) }
    }

    /// Takes the first packet, one that goes back in time, or one after a pause or the longest
    /// silence so far.
    @inline(never)
    private mutating func noteLeap(to time: Int64) {
        if packets == 1 {
            earliest = time
            latest = time
        } else if time < latest {
            timeReversals &+= 1
            earliest = min(earliest, time)
        } else {
            let step = time.subtractingReportingOverflow(latest).partialValue
            if step > Self.leastPause, pauses.count < Self.pauseLimit { pauses.append(latest) }
            if step > longestGap {
                silenceBegin = latest
                longestGap = step
            }
            latest = time
        }
    }

    mutating func note(_ checksum: SegmentChecksum) {
        if checksum == .right { rightChecksums &+= 1 }
        if checksum == .wrong { wrongChecksums &+= 1 }
    }

    /// One right checksum among so many wrong ones may be right by chance, or added later.
    private static let fewRight: UInt64 = 20

    /// Whether nearly all checksums are wrong, as where addresses were replaced and checksums were
    /// not.
    var hasWrongChecksumsThroughout: Bool {
        wrongChecksums > 0 && rightChecksums &* Self.fewRight <= wrongChecksums
    }

    /// Takes down whether the numbers of a connection that ended tell of data that the capture does
    /// not hold.
    @inline(always)
    mutating func noteNumbers(of flow: borrowing Flow) {
        let marks = flow.low.marks.intersection(flow.high.marks)
        guard marks.isSuperset(of: [.synchronized, .sentFin]) else { return }
        numberedFlows &+= 1
        let isSilent = flow.low.marks.union(flow.high.marks).isDisjoint(with: .sentData)
        if isSilent, flow.low.spaceUsed + flow.high.spaceUsed > 4 { hollowFlows &+= 1 }
    }

    /// Takes down connections of which there was but a remnant: their ends had been heard from SYN
    /// to FIN, and sent data.
    mutating func noteRemnants(_ count: Int) {
        outcomes[Int(HandshakeOutcome.completed.rawValue)] += UInt64(count)
        numberedFlows &+= UInt64(count)
    }

    /// Whether most connections sent data of which nothing was captured, as where a filter takes
    /// SYN, FIN and RST alone.
    package var isFiltered: Bool { hollowFlows >= 2 && hollowFlows * 2 > numberedFlows }

    mutating func noteAnswer(after delay: UInt64) {
        let index = Self.delayBounds.firstIndex { delay <= $0 } ?? Self.delayBounds.count
        answerDelays[index] += 1
        answerDelaySum += delay
    }
}
