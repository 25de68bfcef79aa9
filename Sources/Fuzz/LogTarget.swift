import Reporting
import Tracking

/// Bytes as lines of a log, beside a capture of a refused connection.
enum LogTarget {
    private static let exchange = Exchange {
        client.syn(seq: 1000)
        server.rstAck(ack: 1001)
        pause(.seconds(2))
        client.syn(seq: 1000)
        server.rstAck(ack: 1001)
    }

    static func run(_ bytes: [UInt8]) {
        let window = exchange.begin...exchange.begin + 3_000_000_000
        var logs = Logs()
        var reader = LogReader(name: "fuzz.log", window: window, room: 1 << 20)
        for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
            reader.read(line)
        }
        let (summary, entries) = reader.finish()
        logs.add(summary, entries)
        FuzzReport.write(exchange.frames, beside: logs)
    }
}
