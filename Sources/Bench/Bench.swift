import Glibc
import Tracking

/// Makes captures of any size, and measures how fast they are read and followed.
@main
struct Bench {
    private static let usage = """
        usage: Bench generate [--form pcap|pcapng|gzip] KIND COUNT FILE
               Bench read FILE [THREADS]
               Bench pcap FILE
               Bench soak [--max-flows COUNT] PACKETS

        KIND is mixed, headers, distant, distant-headers, flood, tls, short, pathological, live or established.

        """

    static func main() {
        var arguments = Array(CommandLine.arguments.dropFirst())
        let command = arguments.isEmpty ? "" : arguments.removeFirst()
        switch command {
        case "generate":
            generate(&arguments)
        case "read":
            let threads = arguments.count == 2 ? Int(arguments[1]) : 1
            guard let threads, (1...2).contains(arguments.count) else { fail(usage, status: 64) }
            measure(arguments[0], threads: threads)
        case "pcap":
            guard arguments.count == 1 else { fail(usage, status: 64) }
            walk(arguments[0])
        case "soak":
            soak(&arguments)
        default:
            fail(usage, status: 64)
        }
    }

    private static func generate(_ arguments: inout [String]) {
        let form = option("--form", of: &arguments).map(CaptureWriter.Form.init) ?? .pcap
        guard let form, arguments.count == 3, let kind = Traffic.Kind(rawValue: arguments[0]),
            let count = Int(arguments[1]), count >= 0
        else { fail(usage, status: 64) }
        do throws(SystemError) {
            var traffic = try Traffic(kind, as: form, to: arguments[2])
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

    private static func walk(_ path: String) {
        do throws(CaptureError) {
            print("packets      \(try PcapLoop.count(path))")
        } catch {
            fail("\(error)\n", status: 1)
        }
    }

    private static func soak(_ arguments: inout [String]) {
        let limit = option("--max-flows", of: &arguments).map { Int($0) } ?? 2_000_000
        guard let limit, limit > 0, arguments.count == 1, let packets = UInt64(arguments[0]),
            packets >= 1000, packets <= 1 << 40
        else { fail(usage, status: 64) }
        do throws(CaptureError) {
            let isFlat = try Soak(packets: packets, flowLimit: limit).run {
                print($0)
                // Whoever waits for hours wants to see how it goes.
                fflush(nil)
            }
            guard isFlat else { fail("memory grew after the warm-up\n", status: 1) }
        } catch {
            fail("\(error)\n", status: 1)
        }
    }

    /// Takes an option and its value out of the arguments.
    private static func option(_ name: String, of arguments: inout [String]) -> String? {
        guard let index = arguments.firstIndex(of: name), index + 1 < arguments.count else {
            return nil
        }
        defer { arguments.removeSubrange(index...index + 1) }
        return arguments[index + 1]
    }

    private static func fail(_ message: String, status: Int32) -> Never {
        _ = unsafe message.withCString { unsafe write(STDERR_FILENO, $0, message.utf8.count) }
        exit(status)
    }
}
