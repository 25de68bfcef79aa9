import Diagnosing
import Glibc
import Reporting
import Tracking

/// What libFuzzer calls with octets of its making: they are read as a capture, followed, diagnosed
/// and reported.
///
/// Octets that begin as a file of captures are one; others are frames, whose link type the first
/// octet tells (see `FuzzInput`). Nothing is checked here: a trap, a hang or a stray access is what
/// is looked for.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let octets = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    let capture = FuzzInput(octets).capture
    let file = unsafe open(Fuzzing.path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    guard file >= 0 else { return 0 }
    let written = unsafe capture.withUnsafeBytes { unsafe write(file, $0.baseAddress, $0.count) }
    close(file)
    guard written == capture.count else { return 0 }
    do throws(CaptureError) {
        try Fuzzing.read(Fuzzing.path)
    } catch {
        _ = error.description
    }
    return 0
}

enum Fuzzing {
    /// A file in memory, one for each process.
    static let path = "/dev/shm/synopsis-fuzz-\(getpid())"

    private static let knownIssues = KnownIssueLibrary.all

    static func read(_ path: String) throws(CaptureError) {
        var source = try PcapFile(path: path)
        var tracker = Tracker(flowLimit: 64, collectsHandshakes: true)
        var damage: CaptureError?
        do throws(CaptureError) {
            while try tracker.consume(next: 64, from: &source) {}
        } catch {
            damage = error
        }
        let input = source.summary(damage: damage)
        tracker.close()
        var diagnosis = Diagnosis(knownIssues: knownIssues)
        let facts = tracker.facts()
        for flow in tracker.takeDeparted() { diagnosis.consume(flow, in: facts) }
        diagnosis.consume(tracker.survey())
        tracker.forEachSuspicious { diagnosis.consume($0, in: facts) }
        tracker.forEachEstablished { diagnosis.noteEstablished($0, $1, $2) }
        var report = Report(
            inputs: [input],
            tally: tracker.tally,
            incidents: diagnosis.incidents,
            services: diagnosis.serviceNames,
            oneWayInitiators: tracker.oneWayInitiators.sorted(),
            handshakes: tracker.handshakes,
            isSelective: false
        )
        report.encapsulations = tracker.encapsulations
        _ = TextReport(report).text
        _ = JSONReport(report).octets
    }
}
