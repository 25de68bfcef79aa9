import Diagnosing
import Reporting
import Testing
@testable import Tracking

/// A burst of two SYNs, an answer to the first, and its refusal.
let burst = Exchange(from: "10.0.0.47:705", to: "10.0.0.81:304") {
    client.syn(seq: 4241127797, win: 14480, tsecr: 1300375205)
    pause(.microseconds(90))
    client.syn(seq: 4241129203, win: 14600)
    server.synAck(seq: 1488229741, ack: 4241127798)
    client.refuses(.hostProhibited)
}

/// The report on a script, as if it had been read from `script.pcap`.
func report(on exchange: Exchange, flows: Bool = false) throws -> Report {
    try report(on: exchange.frames, flows: flows)
}

/// The report on a file, up to where it can be read.
func report(reading path: String, flowLimit: Int = 10_000) throws -> Report {
    var source = try PcapFile(path: path)
    var tracker = Tracker(flowLimit: flowLimit, collectsHandshakes: true)
    var damage: CaptureError?
    do throws(CaptureError) {
        while try tracker.consume(next: 64, from: &source) {}
    } catch {
        damage = error
    }
    let input = source.summary(damage: damage)
    let capture = tracker.finish()
    let (totals, handshakes) = (capture.totals, capture.handshakes)
    let diagnosis = Diagnosis(of: capture, knownIssues: KnownIssueLibrary.all)
    var report = Report(
        inputs: [input],
        tally: totals.tally,
        incidents: diagnosis.incidents,
        services: diagnosis.serviceNames,
        handshakes: handshakes
    )
    report.encapsulations = totals.encapsulations
    return report
}

/// The report on frames that a filter has left of `packets`, as if they had been read from
/// `script.pcap`.
func report(
    on frames: [MemoryFrames.Record],
    of packets: Int? = nil,
    flows: Bool = false,
    damage: CaptureError? = nil,
    selection: Diagnosis.Selection = Diagnosis.Selection(),
    isSelective: Bool = false
) throws -> Report {
    let capture = try TrackedCapture(of: frames, collectsHandshakes: flows)
    let (totals, handshakes) = (capture.totals, capture.handshakes)
    let window = totals.tally.window ?? (0, 0)
    let diagnosis = Diagnosis(
        of: capture,
        knownIssues: KnownIssueLibrary.all,
        selection: selection
    )
    let input = InputSummary(
        name: "script.pcap",
        format: "pcap",
        linkTypes: [.ethernet],
        snapshotLength: 65535,
        packets: UInt64(packets ?? frames.count),
        lastNumber: UInt64(packets ?? frames.count),
        octets: UInt64(frames.reduce(24) { $0 + 16 + $1.octets.count }),
        window: window.first...window.last,
        hasNanoseconds: false,
        damage: damage
    )
    var report = Report(
        inputs: [input],
        tally: totals.tally,
        incidents: diagnosis.incidents,
        services: diagnosis.serviceNames,
        handshakes: flows ? handshakes : nil,
        isSelective: isSelective
    )
    report.encapsulations = totals.encapsulations
    report.failureTimes = diagnosis.failureTimes
    return report
}
