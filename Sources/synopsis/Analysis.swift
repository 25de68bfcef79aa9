import Diagnosing
import Reporting
import Tracking

/// Reads inputs through the tracker into a diagnosis, and makes the report.
struct Analysis: ~Copyable {
    /// Frames between two looks at the rest of the world.
    private static let batch = 16_384
    /// As many flows wait to be examined together.
    private static let flowsAtOnce = 1024
    /// A smaller file is read before a thread has begun, in octets.
    private static let leastOctetsForThread: UInt64 = 1 << 20

    private var tracker: Tracker
    private var diagnosis: Diagnosis
    private var inputs: [InputSummary] = []
    private var origins: FrameOrigins?
    private let collectsHandshakes: Bool
    private let isSelective: Bool
    private let instant: Instant?
    private let threads: Int
    private var lastPackets: LastPackets?

    init(
        maxFlows: Int,
        collectsHandshakes: Bool,
        selection: Diagnosis.Selection,
        instant: Instant? = nil,
        threads: Int = 1
    ) {
        tracker = Tracker(flowLimit: maxFlows, collectsHandshakes: collectsHandshakes)
        diagnosis = Diagnosis(knownIssues: KnownIssueLibrary.all, selection: selection)
        self.collectsHandshakes = collectsHandshakes
        isSelective = selection.isSelective
        self.instant = instant
        self.threads = threads
        lastPackets = instant.map { instant in LastPackets { instant.time(from: $0) } }
    }

    /// Reads the files as one capture, in the order of time.
    ///
    /// - Parameters:
    ///   - files: their paths; `-` is standard input.
    ///   - filter: which packets to follow, in pcap-filter(7)'s words.
    ///   - limit: the most packets to read of all of them.
    ///   - progress: what tells the user how far it has come.
    /// - Returns: whether all of them could be read to their end.
    /// - Throws: when none of them could be read at all.
    mutating func read(
        _ files: [String],
        filter: String?,
        limit: UInt64?,
        progress: Progress?
    ) throws(ExitStatus) -> Bool {
        var progress = progress
        var errors: [CaptureError] = []
        if let file = files.first, files.count == 1 {
            do throws(CaptureError) {
                try read(file, filter, limit ?? .max, &progress)
            } catch {
                errors.append(error)
            }
        } else {
            errors = read(merging: files, filter, limit ?? .max, &progress)
        }
        progress?.erase()
        errors += inputs.compactMap(\.damage)
        for error in errors { Output.error("synopsis: \(error)\n") }
        guard !inputs.isEmpty else { throw ExitStatus(code: Program.failure) }
        return errors.isEmpty
    }

    private mutating func read(
        _ path: String,
        _ filter: String?,
        _ limit: UInt64,
        _ progress: inout Progress?
    ) throws(CaptureError) {
        var file = try PcapFile(path: path)
        if let filter { try file.keep(only: filter) }
        let damage: CaptureError?
        if let watch = lastPackets.take() {
            var watched = SnapshotTap(file, watch)
            damage = follow(&watched, limit) { (tracker, count, source) throws(CaptureError) in
                progress?.show(source.source)
                return try tracker.consume(next: count, from: &source)
            }
            lastPackets = watched.lastPackets
            inputs.append(watched.source.summary(damage: damage))
        } else if threads > 1, file.size ?? .max >= Self.leastOctetsForThread {
            let (size, reader) = (file.size, PrefetchThread(file, limit: limit, for: tracker))
            do throws(CaptureError) {
                while try tracker.consume(from: reader) {
                    let place = reader.progress
                    progress?.show(octets: place.octets, of: size, packets: place.frames)
                    diagnoseDeparted()
                }
                damage = nil
            } catch {
                damage = error
            }
            inputs.append(reader.finish(damage: damage))
        } else {
            damage = follow(&file, limit) { (tracker, count, source) throws(CaptureError) in
                progress?.show(source)
                return try tracker.consume(next: count, from: &source)
            }
            inputs.append(file.summary(damage: damage))
        }
    }

    /// - Returns: why files could not be opened at all.
    private mutating func read(
        merging paths: [String],
        _ filter: String?,
        _ limit: UInt64,
        _ progress: inout Progress?
    ) -> [CaptureError] {
        var files = MergedFiles(paths: paths, filter: filter)
        if let watch = lastPackets.take() {
            var watched = SnapshotTap(files, watch)
            _ = follow(&watched, limit) { (tracker, count, source) throws(CaptureError) in
                progress?.show(source.source)
                return try tracker.consume(next: count, from: &source)
            }
            lastPackets = watched.lastPackets
            inputs = watched.finishSource()
            origins = watched.source.origins
            return watched.source.refusals
        }
        _ = follow(&files, limit) { (tracker, count, source) throws(CaptureError) in
            progress?.show(source)
            return try tracker.consume(next: count, from: &source)
        }
        inputs = files.finish()
        origins = files.origins
        return files.refusals
    }

    /// Hands a source to the tracker, batch by batch.
    ///
    /// `consume` reads so many frames: the caller knows the kind of source, and the tracker's loop
    /// is made anew for each.
    ///
    /// - Returns: the damage that ended it.
    private mutating func follow<Source: CaptureSource & ~Copyable>(
        _ source: inout Source,
        _ limit: UInt64,
        consume: (inout Tracker, Int, inout Source) throws(CaptureError) -> Bool
    ) -> CaptureError? {
        var left = limit
        do throws(CaptureError) {
            var isMore = true
            while isMore, left > 0 {
                let before = tracker.tally.packets
                isMore = try consume(&tracker, Self.share(of: left), &source)
                left -= tracker.tally.packets - before
                diagnoseDeparted()
            }
            return nil
        } catch {
            return error
        }
    }

    private static func share(of left: UInt64) -> Int { Int(min(left, UInt64(batch))) }

    private mutating func diagnoseDeparted() {
        guard !tracker.departed.isEmpty else { return }
        let facts = tracker.facts()
        for flow in tracker.takeDeparted() { diagnosis.consume(flow, in: facts) }
    }

    /// Closes all accounts and makes the report.
    mutating func finish() -> Report {
        tracker.close()
        // Out of `self` while the tracker works, which has it to itself; swapped, so that nothing
        // is copied.
        var diagnosis = Diagnosis()
        swap(&diagnosis, &self.diagnosis)
        diagnosis.consume(tracker.survey())
        let facts = tracker.facts()
        var waiting: [FlowEvents] = []
        tracker.forEachSuspicious { flow in
            waiting.append(flow)
            guard waiting.count == Self.flowsAtOnce else { return }
            diagnosis.consume(waiting, in: facts, threads: threads)
            waiting.removeAll(keepingCapacity: true)
        }
        diagnosis.consume(waiting, in: facts, threads: threads)
        tracker.forEachEstablished { diagnosis.noteEstablished($0, $1, $2) }
        var report = Report(
            inputs: inputs,
            tally: tracker.tally,
            incidents: diagnosis.incidents(threads: threads),
            services: diagnosis.serviceNames,
            oneWayInitiators: tracker.oneWayInitiators.sorted(),
            handshakes: collectsHandshakes ? tracker.handshakes : nil,
            isSelective: isSelective,
            origins: origins
        )
        report.encapsulations = tracker.encapsulations
        if let instant, let lastPackets {
            report.lastPackets = InstantReport(instant, lastPackets, in: report.window)
        }
        return report
    }
}

extension Diagnosis.Selection {
    /// Whether anything is left out.
    fileprivate var isSelective: Bool {
        !only.isEmpty || !ignored.isEmpty || leastSeverity > .note
    }
}

extension Progress {
    mutating func show(_ file: borrowing PcapFile) {
        show(octets: file.octetsRead, of: file.size, packets: file.framesRead)
    }

    mutating func show(_ files: borrowing MergedFiles) {
        show(octets: files.octetsRead, of: files.size, packets: files.framesRead)
    }
}
