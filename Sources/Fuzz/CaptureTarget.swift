import Glibc
import Tracking

/// Bytes as a capture: those that begin as a file of captures are one; others are frames (see
/// `FuzzInput`).
enum CaptureTarget {
    /// A file in memory, one for each process.
    private static let path = "/dev/shm/synopsis-fuzz-\(getpid())"

    static func run(_ bytes: [UInt8]) {
        let capture = FuzzInput(bytes).capture
        let file = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        guard file >= 0 else { return }
        let written = unsafe capture.withUnsafeBytes {
            unsafe write(file, $0.baseAddress, $0.count)
        }
        close(file)
        guard written == capture.count else { return }
        do throws(CaptureError) {
            try read()
            try readAnonymised()
        } catch {
            _ = error.description
        }
    }

    /// The same capture with other addresses and names.
    private static func readAnonymised() throws(CaptureError) {
        guard let key = AnonymityKey("000102030405060708090a0b0c0d0e0f") else { return }
        var source = AnonymisedSource(try PcapFile(path: path), key)
        var tracker = Tracker(flowLimit: 64)
        while try tracker.consume(next: 64, from: &source) {}
    }

    private static func read() throws(CaptureError) {
        var source = try PcapFile(path: path)
        var tracker = Tracker(flowLimit: 64, collectsHandshakes: true, quotesServers: true)
        var damage: CaptureError?
        do throws(CaptureError) {
            while try tracker.consume(next: 64, from: &source) {}
        } catch {
            damage = error
        }
        FuzzReport.write(tracker.finish(), of: [source.summary(damage: damage)])
    }
}
