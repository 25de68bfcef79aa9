import Diagnosing
import Reporting
import Tracking

/// Reads inputs through the tracker into a diagnosis, and makes the report.
struct Analysis: ~Copyable {
    /// Frames between two looks at the rest of the world.
    private static let batch = 16_384
    /// A smaller file is read before a thread has begun, in octets.
    private static let leastOctetsForThread: UInt64 = 1 << 20

    private var tracker: Tracker
    private var diagnosis: Diagnosis
    private var inputs: [InputSummary] = []
    /// Why inputs could not be read at all.
    private var refusals: [CaptureError] = []
    private var origins: FrameOrigins?
    /// Whether no input is a pipe, whose end may as well be now.
    private var isOfFiles = true
    private let collectsHandshakes: Bool
    private let isSelective: Bool
    private let knowledge: ConfigurationOptions.Knowledge
    private let instant: Instant?
    private let threads: Int
    /// Decides what stands for addresses and names, if they are to be replaced.
    private let key: AnonymityKey?
    private var lastPackets: LastPackets?
    private var progress: Progress?

    init(
        maxFlows: Int,
        collectsHandshakes: Bool,
        selection: Diagnosis.Selection,
        knowledge: ConfigurationOptions.Knowledge,
        instant: Instant? = nil,
        threads: Int = 1,
        quotesServers: Bool = false,
        key: AnonymityKey? = nil
    ) {
        self.key = key
        tracker = Tracker(
            flowLimit: maxFlows,
            collectsHandshakes: collectsHandshakes,
            quotesServers: quotesServers,
            thresholds: knowledge.configuration.thresholds
        )
        let own = knowledge.knownIssues
        diagnosis = Diagnosis(knownIssues: own + KnownIssueLibrary.all, selection: selection)
        self.knowledge = knowledge
        self.collectsHandshakes = collectsHandshakes
        isSelective = selection.isSelective
        self.instant = instant
        self.threads = threads
        lastPackets = instant.map { instant in LastPackets { instant.time(from: $0) } }
    }

    /// Whether no input could be read at all.
    var isEmpty: Bool { inputs.isEmpty }

    /// Reads the files as one capture, in the order of time.
    ///
    /// - Parameters:
    ///   - files: their paths; `-` is standard input.
    ///   - filter: which packets to follow, in pcap-filter(7)'s words.
    ///   - limit: the most packets to read of all of them.
    ///   - progress: what tells the user how far it has come.
    /// - Returns: whether all of them could be read to their end.
    mutating func read(
        _ files: [String],
        filter: String?,
        limit: UInt64?,
        progress: Progress?
    ) -> Bool {
        self.progress = progress
        if let file = files.first, files.count == 1 {
            do throws(CaptureError) {
                try read(file: file, filter: filter, limit: limit ?? .max)
            } catch {
                refusals.append(error)
            }
        } else {
            refusals = read(merging: files, filter: filter, limit: limit ?? .max)
        }
        self.progress?.erase()
        if Interruption.isRequested {
            // Nothing had come yet.
            if inputs.isEmpty { return false }
            for index in inputs.indices {
                inputs[index].isInterrupted = true
                // Where the reading ended is no damage.
                inputs[index].damage = nil
            }
        }
        let errors = refusals + inputs.compactMap(\.damage)
        for error in errors { Output.error("synopsis: \(error.shown)\n") }
        return errors.isEmpty && !(Interruption.isRequested && isOfFiles)
    }

    private mutating func read(
        file path: String,
        filter: String?,
        limit: UInt64
    ) throws(CaptureError) {
        var file = try PcapFile(path: path)
        isOfFiles = file.size != nil
        if let filter { try file.keep(only: filter) }
        if let key {
            var source = AnonymisedSource(file, key)
            let damage = follow(&source, limit: limit)
            file = source.finish()
            inputs.append(file.summary(damage: damage))
            return
        }
        guard threads > 1, lastPackets == nil, file.size ?? .max >= Self.leastOctetsForThread else {
            let damage = follow(&file, limit: limit)
            inputs.append(file.summary(damage: damage))
            return
        }
        let size = file.size
        let reader = PrefetchThread(file, limit: limit, for: tracker)
        var damage: CaptureError?
        do throws(CaptureError) {
            while try tracker.consume(from: reader) {
                let index = reader.progress
                progress?.show(octets: index.octets, of: size, packets: index.frames)
                diagnosis.takeDeparted(from: &tracker)
            }
        } catch {
            damage = error
        }
        inputs.append(reader.finish(damage: damage))
    }

    /// - Returns: why files could not be opened at all.
    private mutating func read(
        merging paths: [String],
        filter: String?,
        limit: UInt64
    ) -> [CaptureError] {
        var files = MergedFiles(paths: paths, filter: filter)
        if let key {
            var source = AnonymisedSource(files, key)
            _ = follow(&source, limit: limit)
            files = source.finish()
        } else {
            _ = follow(&files, limit: limit)
        }
        isOfFiles = files.size != nil
        inputs = files.finish()
        origins = files.origins
        return files.refusals
    }

    /// Hands a source to the tracker, past what looks for the last packets if that is asked for.
    ///
    /// - Returns: the damage that ended it.
    private mutating func follow<Source: TrackedSource & ~Copyable>(
        _ source: inout Source,
        limit: UInt64
    ) -> CaptureError? {
        guard let lastPackets = lastPackets.take() else { return track(&source, limit: limit) }
        var tap = SnapshotTap(source, lastPackets)
        let damage = track(&tap, limit: limit)
        self.lastPackets = tap.lastPackets
        source = tap.finish()
        return damage
    }

    /// Hands a source to the tracker, batch by batch.
    private mutating func track(
        _ source: inout some TrackedSource & ~Copyable,
        limit: UInt64
    ) -> CaptureError? {
        var left = limit
        do throws(CaptureError) {
            var isMore = true
            while isMore, left > 0 {
                let before = tracker.tally.packets
                source.show(in: &progress)
                isMore = try source.feed(&tracker, upTo: Int(min(left, UInt64(Self.batch))))
                left -= tracker.tally.packets - before
                diagnosis.takeDeparted(from: &tracker)
            }
            return nil
        } catch {
            return error
        }
    }

    /// Gives inputs other names than those of their files.
    private mutating func renameInputs() {
        for index in inputs.indices {
            let name = "capture-\(index + 1)"
            inputs[index].damage = inputs[index].damage?.renamed(name)
            inputs[index].name = name
        }
        refusals = refusals.enumerated().map { index, refusal in
            refusal.renamed("capture-\(inputs.count + index + 1)")
        }
    }

    /// Closes all accounts and makes the report.
    mutating func finish() -> Report {
        let capture = tracker.finishAndReset()
        let totals = capture.totals
        let handshakes = collectsHandshakes ? capture.handshakes : nil
        // The texts are made in the memory that its flows had.
        diagnosis.consume(capture, threads: threads)
        let configuration =
            key.map { knowledge.configuration.anonymised(by: $0) } ?? knowledge.configuration
        let (incidents, remarks) = configuration.applied(
            to: diagnosis.incidents(threads: threads)
        )
        if key != nil { renameInputs() }
        var report = Report(
            inputs: inputs,
            tally: totals.tally,
            incidents: incidents,
            services: diagnosis.serviceNames,
            oneWayInitiators: totals.oneWayInitiators.sorted(),
            handshakes: handshakes,
            isSelective: isSelective || !remarks.isEmpty,
            origins: origins
        )
        report.encapsulations = totals.encapsulations
        report.refusals = refusals
        report.remarks = remarks
        report.hostNames = key == nil ? knowledge.hosts : HostNames()
        report.isAnonymised = key != nil
        report.failureTimes = diagnosis.failureTimes
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

/// A source of which the tracker knows the kind: its loop is made anew for each.
private protocol TrackedSource: CaptureSource, ~Copyable {
    mutating func feed(_ tracker: inout Tracker, upTo count: Int) throws(CaptureError) -> Bool
    /// Tells the user how far it was read.
    func show(in progress: inout Progress?)
}

extension PcapFile: TrackedSource {
    fileprivate mutating func feed(
        _ tracker: inout Tracker,
        upTo count: Int
    ) throws(CaptureError) -> Bool {
        try tracker.consume(next: count, from: &self)
    }

    fileprivate func show(in progress: inout Progress?) {
        progress?.show(octets: octetsRead, of: size, packets: framesRead)
    }
}

extension MergedFiles: TrackedSource {
    fileprivate mutating func feed(
        _ tracker: inout Tracker,
        upTo count: Int
    ) throws(CaptureError) -> Bool {
        try tracker.consume(next: count, from: &self)
    }

    fileprivate func show(in progress: inout Progress?) {
        progress?.show(octets: octetsRead, of: size, packets: framesRead)
    }
}

extension SnapshotTap: TrackedSource where Source: TrackedSource & ~Copyable {
    fileprivate mutating func feed(
        _ tracker: inout Tracker,
        upTo count: Int
    ) throws(CaptureError) -> Bool {
        try tracker.consume(next: count, from: &self)
    }

    fileprivate func show(in progress: inout Progress?) {
        withSource { $0.show(in: &progress) }
    }
}

extension AnonymisedSource: TrackedSource where Source: TrackedSource & ~Copyable {
    fileprivate mutating func feed(
        _ tracker: inout Tracker,
        upTo count: Int
    ) throws(CaptureError) -> Bool {
        try tracker.consume(next: count, from: &self)
    }

    fileprivate func show(in progress: inout Progress?) {
        withSource { $0.show(in: &progress) }
    }
}
