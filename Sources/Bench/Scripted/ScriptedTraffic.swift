import Tracking

/// Traffic without end: many scripts played at the same time, each time by other hosts.
///
/// A frame costs some ten nanoseconds beside the copying of its octets: scripts are rendered once,
/// and only what differs from one time to the next is replaced. The same arguments always give the
/// same frames.
struct ScriptedTraffic {
    /// What is played.
    private struct Scene {
        let frames: Range<Int>
        let isTroubled: Bool
        /// Whether the client's port is below 1024.
        let isPrivileged: Bool
        /// From the first frame to the last, in nanoseconds.
        let duration: Int64
    }

    /// A script as one pair of hosts plays it.
    private struct Stage {
        var part = CastPart()
        var frame = 0
        var end = 0
    }

    /// The time of the first frame, in nanoseconds since 1970.
    static let begin: Int64 = 1_495_000_000_000_000_000
    /// Hosts that connect.
    private static let clients: UInt32 = 1 << 15

    private let storage: [UInt8]
    private let frames: [FrameTemplate]
    private let scenes: [Scene]
    /// What each of so many conversations plays, to draw from.
    private let lots: [Int]
    private let meanPause: Int64
    private var stages: [Stage]
    private var schedule: Schedule
    private var random = SplitMix64(seed: 20_170_517)
    private var begun: UInt64 = 0

    /// - Parameters:
    ///   - programme: the scripts, and how often each is played among all.
    ///   - crowd: conversations at the same time, at least 1.
    ///   - meanPause: between the end of one conversation and the next in its place, in
    ///     nanoseconds.
    init(_ programme: Programme, crowd: Int, meanPause: Int64) {
        var storage: [UInt8] = []
        var frames: [FrameTemplate] = []
        var scenes: [Scene] = []
        var lots: [Int] = []
        for entry in programme.entries {
            let first = frames.count
            var last: Int64?
            for record in entry.exchange.frames {
                frames.append(
                    FrameTemplate(
                        record.octets,
                        after: record.time - (last ?? record.time),
                        storedAt: storage.count
                    )
                )
                storage += record.octets
                last = record.time
            }
            lots += [Int](repeating: scenes.count, count: entry.share)
            scenes.append(
                Scene(
                    frames: first..<frames.count,
                    isTroubled: entry.isTroubled,
                    isPrivileged: entry.exchange.client.port < 1024,
                    duration: frames[first...].reduce(0) { $0 + $1.delay }
                )
            )
        }
        self.storage = storage
        self.frames = frames
        self.scenes = scenes
        self.lots = lots
        self.meanPause = max(1, meanPause)
        stages = [Stage](repeating: Stage(), count: crowd)
        var random = SplitMix64(seed: 1_702_017)
        let cycle = UInt64(self.meanPause) + UInt64(Self.meanDuration(scenes, lots))
        schedule = Schedule(
            (0..<crowd).map { _ in Self.begin + Int64(random.next() % max(1, cycle)) }
        )
    }

    private static func meanDuration(_ scenes: [Scene], _ lots: [Int]) -> Int64 {
        lots.reduce(0) { $0 + scenes[$1].duration } / Int64(max(1, lots.count))
    }

    /// Of the conversations, in nanoseconds.
    var meanDuration: Int64 { Self.meanDuration(scenes, lots) }

    /// The packets of a conversation, a thousand times.
    var meanPacketsByThousand: Int {
        lots.reduce(0) { $0 + scenes[$1].frames.count } * 1000 / max(1, lots.count)
    }

    /// When the next frame is sent, in nanoseconds since 1970.
    var time: Int64 { schedule.time }

    /// Writes the next frame, and goes on to the one after it.
    ///
    /// - Parameters:
    ///   - target: has room for `limit` octets.
    ///   - limit: as much of a frame as is captured, in octets, at least 128.
    /// - Returns: how much was captured, and the frame's length on the wire.
    mutating func next(
        into target: UnsafeMutablePointer<UInt8>,
        limit: Int
    ) -> (kept: Int, length: Int) {
        let now = schedule.time
        let index = schedule.index
        if stages[index].frame == stages[index].end { open(index, at: now) }
        let template = frames[stages[index].frame]
        let kept = unsafe storage.withUnsafeBufferPointer { octets in
            guard let base = octets.baseAddress else { return 0 }
            return unsafe template.write(
                as: stages[index].part,
                from: base,
                to: target,
                limit: limit
            )
        }
        stages[index].frame &+= 1
        let isOver = stages[index].frame == stages[index].end
        schedule.postpone(to: now &+ (isOver ? pause() : frames[stages[index].frame].delay))
        return (kept, template.length)
    }

    /// Between none and twice the mean.
    private mutating func pause() -> Int64 {
        Int64((random.next() >> 32) &* UInt64(2 &* meanPause >> 16) >> 16) &+ 1000
    }

    /// Begins another conversation.
    private mutating func open(_ index: Int, at now: Int64) {
        begun &+= 1
        let number = lots[Int(random.below(UInt32(lots.count)))]
        let scene = scenes[number]
        let draw = random.next()
        let host = UInt32(truncatingIfNeeded: draw)
        stages[index].frame = scene.frames.lowerBound
        stages[index].end = scene.frames.upperBound
        stages[index].part = CastPart(
            client: 0x0A00_0000 | host % Self.clients,
            server: scene.isTroubled
                ? 0xC613_0000 | UInt32(truncatingIfNeeded: number & 0xFF) << 8 | host >> 24
                : 0xC612_0000 | host >> 24,
            clientPort: scene.isPrivileged
                ? UInt16(600 + draw >> 40 % 424)
                : UInt16(32_768 + begun / 4 % 28_000),
            clientShift: UInt32(truncatingIfNeeded: random.next()),
            serverShift: UInt32(truncatingIfNeeded: random.next()),
            clockShift: UInt32(truncatingIfNeeded: (now - Self.begin) / 1_000_000)
        )
    }
}
