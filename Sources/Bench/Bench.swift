import Glibc
import Tracking

/// Makes captures of any size, and measures how fast they are read and followed.
@main
struct Bench {
    private static let usage = """
        usage: Bench generate mixed|headers|flood|tls COUNT FILE
               Bench read FILE [THREADS]

        """

    static func main() {
        let arguments = CommandLine.arguments.dropFirst()
        switch (arguments.first, arguments.count) {
        case ("generate", 4):
            generate(Array(arguments.dropFirst()))
        case ("read", 2...3):
            let rest = Array(arguments.dropFirst())
            measure(rest[0], threads: rest.count > 1 ? Int(rest[1]) ?? 1 : 1)
        default:
            fail(usage, status: 64)
        }
    }

    private static func generate(_ arguments: [String]) {
        guard let kind = Traffic.Kind(rawValue: arguments[0]), let count = Int(arguments[1]),
            count >= 0
        else { fail(usage, status: 64) }
        do throws(SystemError) {
            var traffic = try Traffic(kind, into: OctetSink(path: arguments[2]))
            try traffic.write(packets: count)
        } catch {
            fail("\(arguments[2]): \(error)\n", status: 1)
        }
    }

    private static func measure(_ path: String, threads: Int) {
        do throws(CaptureError) {
            let measurement = try Measurement(reading: path, threads: threads)
            print(measurement)
        } catch {
            fail("\(error)\n", status: 1)
        }
    }

    private static func fail(_ message: String, status: Int32) -> Never {
        _ = unsafe message.withCString { unsafe write(STDERR_FILENO, $0, message.utf8.count) }
        exit(status)
    }
}
