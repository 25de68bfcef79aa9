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
    var tracker = Tracker(collectsHandshakes: flows)
    let frames = exchange.frames
    var source = MemoryFrames(frames, linkType: .ethernet)
    while try tracker.consume(next: 64, from: &source) {}
    let window = try #require(tracker.tally.window)
    let facts = CaptureFacts(begin: window.first, end: window.last)
    var diagnosis = Diagnosis(knownIssues: KnownIssueLibrary.all)
    tracker.finish { diagnosis.consume($0, in: facts) }
    let input = InputSummary(
        name: "script.pcap",
        format: "pcap",
        linkType: .ethernet,
        snapshotLength: 65535,
        packets: UInt64(frames.count),
        octets: UInt64(exchange.pcap.count),
        window: window.first...window.last,
        hasNanoseconds: false,
        damage: nil
    )
    return Report(
        inputs: [input],
        tally: tracker.tally,
        incidents: diagnosis.incidents,
        handshakes: flows ? tracker.handshakes : nil
    )
}
