import Diagnosing
import Glibc
import Reporting
import Tracking

/// What libFuzzer calls with bytes of its making, for the target that `SYNOPSIS_FUZZ_TARGET` names.
///
/// Nothing is checked but the time: a trap, a hang, a stray access or a slow input is what is
/// looked for.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    let before = FuzzTarget.processorTime
    FuzzTarget.current.run(bytes)
    // Slowness is a fault like a crash: libFuzzer keeps the input of a process that aborts.
    if FuzzTarget.processorTime - before > FuzzTarget.timeLimit { abort() }
    return 0
}

/// What bytes are taken for.
enum FuzzTarget: String {
    /// A capture file, or frames.
    case capture
    /// The events of a few four-tuples, up to thousands.
    case history
    /// Lines of a log beside a capture.
    case log
    /// What is sent from and to a port mapper.
    case portmap
    /// What both ends of a TLS connection send.
    case tls

    static let current: FuzzTarget = {
        guard let name = unsafe getenv("SYNOPSIS_FUZZ_TARGET") else { return .capture }
        return unsafe FuzzTarget(rawValue: String(cString: name)) ?? .capture
    }()

    /// The most processor time that one input may take, under the address sanitizer, in
    /// nanoseconds.
    static let timeLimit: Int64 = 5_000_000_000

    static var processorTime: Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    func run(_ bytes: [UInt8]) {
        switch self {
        case .capture: CaptureTarget.run(bytes)
        case .history: FuzzReport.write(EventScript(bytes).exchange.frames)
        case .log: LogTarget.run(bytes)
        case .portmap: FuzzReport.write(PayloadScript(bytes).portmapExchange.frames)
        case .tls: FuzzReport.write(PayloadScript(bytes).tlsExchange.frames)
        }
    }
}

/// All the way from followed packets to both reports.
enum FuzzReport {
    private static let knownIssues = KnownIssueLibrary.all

    /// Reports frames in memory.
    static func write(_ frames: [MemoryFrames.Record], beside logs: Logs? = nil) {
        do throws(CaptureError) {
            let capture = try TrackedCapture(
                of: frames,
                collectsHandshakes: true,
                quotesServers: true
            )
            write(capture, of: [], beside: logs)
        } catch {
            _ = error.description
        }
    }

    static func write(
        _ capture: borrowing TrackedCapture,
        of inputs: [InputSummary],
        beside logs: Logs? = nil
    ) {
        let diagnosis = Diagnosis(of: capture, knownIssues: knownIssues)
        var report = Report(
            inputs: inputs,
            tally: capture.tally,
            incidents: diagnosis.incidents,
            services: diagnosis.serviceNames,
            oneWayInitiators: capture.totals.oneWayInitiators.sorted(),
            handshakes: capture.handshakes,
            isSelective: false
        )
        report.encapsulations = capture.totals.encapsulations
        if let logs { report.merge(logs) }
        _ = TextReport(report).text
        _ = JSONReport(report).octets
        _ = HTMLReport(report).text
        _ = MarkdownReport(report).text
        _ = ConnectionTable(report).text
    }
}
