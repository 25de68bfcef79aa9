import Diagnosing
import Glibc
import Tracking

/// A week of live traffic in the time of packets, followed and diagnosed as `synopsis live` does,
/// without a file, to see whether memory stays flat.
struct Soak {
    /// What a stretch of the week showed.
    struct Stretch {
        let packets: UInt64
        /// Since the first packet, in seconds.
        let time: Int64
        let packetsPerSecond: UInt64
        let flows: UInt64
        let evicted: UInt64
        /// Incidents that stand, and those that were closed since the begin.
        let incidents: Int
        let closed: Int
        /// Of the whole process, in octets.
        let memory: Int
    }

    /// In nanoseconds.
    static let week: Int64 = 604_800_000_000_000
    /// The fewest conversations at the same time.
    private static let crowd = 16_384
    private static let stretches: UInt64 = 40
    /// As many stretches fill the tables first: a silent connection stays for five days.
    private static let warmUp = 30
    /// As many packets come between two looks.
    private static let packetsBetweenSnapshots: UInt64 = 65_536
    /// As many looks come between two counts of all flows, and before what is quiet is forgotten.
    private static let snapshotsBetweenCounts = 16
    /// An incident without a packet for so long is closed, as by `synopsis live`, in nanoseconds.
    private static let quietTime: Int64 = 600_000_000_000

    private let packets: UInt64
    private let flowLimit: Int

    /// - Parameters:
    ///   - packets: how many the week has.
    ///   - flowLimit: the most flows at a time.
    init(packets: UInt64, flowLimit: Int) {
        self.packets = packets
        self.flowLimit = flowLimit
    }

    /// Follows the week.
    ///
    /// - Parameter report: is told of each stretch.
    /// - Returns: whether memory stayed within its bound once the tables were full.
    /// - Throws: nothing that scripted traffic could be a reason for.
    func run(_ report: (Stretch) -> Void) throws(CaptureError) -> Bool {
        var source = ScriptedSource(traffic(), count: packets)
        var tracker = Tracker(flowLimit: flowLimit)
        tracker.watchChanges()
        var incremental = IncrementalDiagnosis()
        var incidents = 0
        var closed = 0
        var polls = 0
        var course = MemoryCourse(warmUp: Self.warmUp)
        var isMore = true
        let clock = ContinuousClock()
        for stretch in 1... where isMore {
            let begin = clock.now
            let target = packets / Self.stretches * UInt64(stretch)
            let before = tracker.tally.packets
            while isMore, tracker.tally.packets < target {
                isMore = try tracker.consume(
                    next: min(4096, Int(target - tracker.tally.packets)),
                    from: &source
                )
                guard tracker.tally.packets >= Self.packetsBetweenSnapshots * UInt64(polls + 1)
                else {
                    continue
                }
                let now = tracker.tally.window?.last ?? 0
                polls += 1
                if polls % Self.snapshotsBetweenCounts == 0 {
                    incremental.count(&tracker, time: now)
                }
                tracker.countUnanswered(at: now)
                tracker.age(to: now)
                incidents = incremental.poll(at: &tracker, time: now).count
                _ = incremental.takeOccurrences()
                if polls % Self.snapshotsBetweenCounts == 0 {
                    tracker.forgetCounts(quietSince: now - Self.quietTime)
                    closed += incremental.forget(quietSince: now - Self.quietTime).count
                }
            }
            let seconds = (clock.now - begin) / .seconds(1)
            let tally = tracker.tally
            let memory = ProcessMemory.present
            course.note(memory)
            report(
                Stretch(
                    packets: tally.packets,
                    time: ((tally.window?.last ?? 0) - (tally.window?.first ?? 0)) / 1_000_000_000,
                    packetsPerSecond: UInt64(Double(tally.packets - before) / max(seconds, 1e-9)),
                    flows: tally.flows,
                    evicted: tally.flowsEvicted,
                    incidents: incidents,
                    closed: closed,
                    memory: memory
                )
            )
            if tracker.tally.packets >= packets { break }
        }
        return course.isFlat
    }

    /// Paused so that the packets fill the week.
    private func traffic() -> ScriptedTraffic {
        let busy = ScriptedTraffic(.week, crowd: 1, meanPause: 1)
        let conversations = Double(packets) * 1000 / Double(busy.meanPacketsByThousand)
        // Some last for hours: enough must go on at the same time to begin all of them within the
        // week.
        let needed = 2 * Double(busy.meanDuration) * conversations / Double(Self.week)
        let crowd = max(Self.crowd, Int(min(needed, 1_048_576)))
        let cycle = Double(Self.week) * Double(crowd) / max(1, conversations)
        let pause = max(1, Int64(min(cycle, 1e15)) - busy.meanDuration)
        return ScriptedTraffic(.week, crowd: crowd, meanPause: pause)
    }
}

/// How much memory a process held, stretch by stretch.
struct MemoryCourse {
    private let warmUp: Int
    private var stretches = 0
    private var bound = Int.max
    /// Whether no stretch after the warm-up went beyond its end by more than an eighth and 16 MiB.
    private(set) var isFlat = true

    /// - Parameter warmUp: as many stretches fill the tables first.
    init(warmUp: Int) { self.warmUp = warmUp }

    /// - Parameter memory: at the end of the next stretch, in octets.
    mutating func note(_ memory: Int) {
        stretches += 1
        if stretches == warmUp { bound = memory + memory / 8 + 16 << 20 }
        if memory > bound { isFlat = false }
    }
}

extension Soak.Stretch: CustomStringConvertible {
    var description: String {
        let day = Measurement.text(Double(time) / 86_400, decimals: 2)
        return "\(packets) packets  day \(day)  \(packetsPerSecond) packets/s  \(flows) flows  "
            + "\(evicted) evicted  \(incidents) incidents  \(closed) closed  \(memory >> 10) KiB resident"
    }
}
