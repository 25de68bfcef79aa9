import Glibc
import Tracking

/// How long it took to read a capture and follow its flows, and how much memory.
struct Measurement {
    let packets: UInt64
    let flows: UInt64
    let noteworthy: Int
    let seconds: Double
    /// Of the whole process, in octets.
    let peakMemory: Int
    /// Beyond what the process needed before, in octets.
    let growth: Int

    init(reading path: String) throws(CaptureError) {
        var file = try PcapFile(path: path)
        var tracker = Tracker()
        let before = Self.peakMemory()
        let clock = ContinuousClock()
        let begin = clock.now
        while try tracker.consume(next: 4096, from: &file) {}
        var noteworthy = 0
        tracker.finish { _ in noteworthy += 1 }
        seconds = (clock.now - begin) / .seconds(1)
        packets = tracker.tally.packets
        flows = tracker.tally.flows
        self.noteworthy = noteworthy
        peakMemory = Self.peakMemory()
        growth = peakMemory - before
    }

    /// What the process holds at present, in octets; 0 where the system does not say.
    static func residentMemory() -> Int {
        guard let file = unsafe fopen("/proc/self/statm", "r") else { return 0 }
        defer { unsafe fclose(file) }
        var line = [CChar](repeating: 0, count: 128)
        guard unsafe fgets(&line, 128, file) != nil else { return 0 }
        let fields = line.split(separator: CChar(UInt8(ascii: " ")))
        guard fields.count > 1 else { return 0 }
        let pages = fields[1].reduce(0) { $0 * 10 + Int($1) - 48 }
        return pages * sysconf(Int32(_SC_PAGESIZE))
    }

    /// The most that the process has held, in octets.
    private static func peakMemory() -> Int {
        var usage = rusage()
        guard unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
        return usage.ru_maxrss * 1024
    }
}

extension Measurement: CustomStringConvertible {
    var description: String {
        """
        packets      \(packets)
        flows        \(flows)
        noteworthy   \(noteworthy)
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
