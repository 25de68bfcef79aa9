import Glibc
import Tracking

/// A line on standard error that says how far a long reading has come.
struct Progress {
    /// Nothing is shown before, in seconds.
    private static let quietPeriod = 0.5
    private static let interval = 0.1

    private let start = Self.now
    private var last = Self.now
    private var isShown = false

    /// For a terminal; `nil` where standard error is none.
    static var onTerminal: Progress? {
        Output.isTerminal(STDERR_FILENO) ? Progress() : nil
    }

    /// Says how much of an input was read, if it is time to.
    mutating func show(octets: UInt64, of size: UInt64?, packets: UInt64) {
        let now = Self.now
        guard now - start > Self.quietPeriod, now - last > Self.interval else { return }
        last = now
        isShown = true
        let rate = Double(packets) / (now - start) / 1_000_000
        let share: ShownText =
            size.map { $0 > 0 ? "\(min(100, octets * 100 / $0)) %, " : "" } ?? ""
        let tenths = Int(rate * 10)
        Output.error(
            "\r\u{1B}[K\(share)\(packets) packets, \(tenths / 10).\(tenths % 10) million/s"
        )
    }

    mutating func erase() {
        if isShown { Output.error("\r\u{1B}[K") }
        isShown = false
    }

    private static var now: Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
