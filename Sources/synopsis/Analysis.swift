import Diagnosing
import Glibc
import Reporting
import Tracking

/// Reads inputs through the tracker into a diagnosis, and makes the report.
struct Analysis: ~Copyable {
    /// Frames between two looks at the rest of the world.
    private static let batch = 16_384

    private var tracker: Tracker
    private var diagnosis: Diagnosis
    private var inputs: [InputSummary] = []
    private let collectsHandshakes: Bool
    private let isSelective: Bool
    private let instant: Instant?
    private var lastPackets: LastPackets?

    init(
        maxFlows: Int,
        collectsHandshakes: Bool,
        selection: Diagnosis.Selection,
        instant: Instant? = nil
    ) {
        tracker = Tracker(flowLimit: maxFlows, collectsHandshakes: collectsHandshakes)
        diagnosis = Diagnosis(knownIssues: KnownIssueLibrary.all, selection: selection)
        self.collectsHandshakes = collectsHandshakes
        isSelective = selection.isSelective
        self.instant = instant
        lastPackets = instant.map { instant in LastPackets { instant.time(from: $0) } }
    }

    /// Reads the files one after the other, the one with the earliest first packet first.
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
        var isHealthy = true
        var left = limit ?? .max
        for file in Self.inOrderOfTime(files) {
            do throws(CaptureError) {
                let before = inputs.reduce(0) { $0 + $1.packets }
                var source = try PcapFile(path: file, framesBefore: before)
                if let filter { try source.keep(only: filter) }
                if let watch = lastPackets.take() {
                    var watched = WatchedFile(source, watch)
                    isHealthy = read(&watched, &left, progress) && isHealthy
                    lastPackets = watched.lastPackets
                } else {
                    isHealthy = read(&source, &left, progress) && isHealthy
                }
            } catch {
                Output.error("synopsis: \(error)\n")
                isHealthy = false
            }
        }
        guard !inputs.isEmpty else { throw ExitStatus(code: Program.failure) }
        return isHealthy
    }

    /// Rotated files in the order in which they were written, whatever order a shell gives them in.
    ///
    /// A pipe can be read but once: with one among them, the order is the user's.
    private static func inOrderOfTime(_ files: [String]) -> [String] {
        guard files.count > 1, !files.contains(where: isPipe) else { return files }
        let begins = files.map { file in
            do throws(CaptureError) {
                var source = try PcapFile(path: file)
                return try source.advance() ? source.earliest : .max
            } catch {
                return Int64.max
            }
        }
        let places = files.indices.sorted { (begins[$0], $0) < (begins[$1], $1) }
        return places.map { files[$0] }
    }

    private static func isPipe(_ path: String) -> Bool {
        if path == "-" { return true }
        var status = stat()
        return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
    }

    private mutating func read(
        _ source: inout PcapFile,
        _ left: inout UInt64,
        _ progress: Progress?
    ) -> Bool {
        var progress = progress
        var damage: CaptureError?
        do throws(CaptureError) {
            var isMore = true
            while isMore, left > 0 {
                let before = tracker.tally.packets
                isMore = try tracker.consume(next: Self.share(of: left), from: &source)
                left -= tracker.tally.packets - before
                diagnoseDeparted()
                progress?.show(source)
            }
        } catch {
            damage = error
        }
        return close(source, damage, &progress)
    }

    /// The same for a file that is watched; not one function for both, which would be slow for either.
    private mutating func read(
        _ source: inout WatchedFile,
        _ left: inout UInt64,
        _ progress: Progress?
    ) -> Bool {
        var progress = progress
        var damage: CaptureError?
        do throws(CaptureError) {
            var isMore = true
            while isMore, left > 0 {
                let before = tracker.tally.packets
                isMore = try tracker.consume(next: Self.share(of: left), from: &source)
                left -= tracker.tally.packets - before
                diagnoseDeparted()
                progress?.show(source.file)
            }
        } catch {
            damage = error
        }
        return close(source.file, damage, &progress)
    }

    private static func share(of left: UInt64) -> Int { Int(min(left, UInt64(batch))) }

    private mutating func close(
        _ file: borrowing PcapFile,
        _ damage: CaptureError?,
        _ progress: inout Progress?
    ) -> Bool {
        progress?.erase()
        if let damage { Output.error("synopsis: \(damage)\n") }
        inputs.append(file.summary(damage: damage))
        return damage == nil
    }

    private mutating func diagnoseDeparted() {
        guard !tracker.departed.isEmpty else { return }
        let facts = tracker.facts()
        for flow in tracker.takeDeparted() { diagnosis.consume(flow, in: facts) }
    }

    /// Closes all accounts and makes the report.
    mutating func finish() -> Report {
        tracker.close()
        // Out of `self` while the tracker works, which has it to itself; swapped, so that nothing is copied.
        var diagnosis = Diagnosis()
        swap(&diagnosis, &self.diagnosis)
        diagnosis.consume(tracker.survey())
        let facts = tracker.facts()
        tracker.forEachNoteworthy { diagnosis.consume($0, in: facts) }
        tracker.forEachEstablished { diagnosis.noteEstablished($0, $1) }
        var report = Report(
            inputs: inputs,
            tally: tracker.tally,
            incidents: diagnosis.incidents,
            services: diagnosis.serviceNames,
            oneWayInitiators: tracker.oneWayInitiators.sorted(),
            handshakes: collectsHandshakes ? tracker.handshakes : nil,
            isSelective: isSelective
        )
        report.contexts = tracker.contexts
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
