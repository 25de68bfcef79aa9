import Glibc
import Tracking

/// How long it took to read a capture and follow its flows, and how much memory.
struct Measurement {
    let packets: UInt64
    let flows: UInt64
    let suspicious: Int
    let seconds: Double
    /// Of the whole process, in octets.
    let peakMemory: Int
    /// Beyond what the process needed before, in octets.
    let growth: Int

    init(reading path: String, threads: Int) throws(CaptureError) {
        var file = try PcapFile(path: path)
        var tracker = Tracker()
        let before = ProcessMemory.peak
        let clock = ContinuousClock()
        let begin = clock.now
        if threads > 1 {
            let reader = PrefetchThread(file, for: tracker)
            while try tracker.consume(from: reader) {}
        } else {
            while try tracker.consume(next: 4096, from: &file) {}
        }
        var suspicious = 0
        let capture = tracker.finish()
        capture.forEachSuspicious { _ in suspicious += 1 }
        seconds = (clock.now - begin) / .seconds(1)
        packets = capture.tally.packets
        flows = capture.tally.flows
        self.suspicious = suspicious
        peakMemory = ProcessMemory.peak
        growth = peakMemory - before
    }
}

extension Measurement: CustomStringConvertible {
    var description: String {
        """
        packets      \(packets)
        flows        \(flows)
        noteworthy   \(suspicious)
        seconds      \(Self.text(seconds, decimals: 3))
        packets/s    \(UInt64(Double(packets) / max(seconds, 1e-9)))
        peak RSS     \(peakMemory / 1024) KiB
        octets/flow  \(flows == 0 ? 0 : growth / Int(flows))
        """
    }

    static func text(_ value: Double, decimals: Int) -> String {
        let unit = (0..<decimals).reduce(1) { scale, _ in scale * 10 }
        let scaled = Int((value * Double(unit)).rounded())
        let fraction = String(scaled % unit)
        return "\(scaled / unit)." + String(repeating: "0", count: decimals - fraction.count)
            + fraction
    }
}
