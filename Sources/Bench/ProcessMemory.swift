import Glibc

/// How much memory this process holds, as Linux tells it in `/proc/self/status`.
///
/// `getrusage` will not do: its peak may be that of the program which started this one.
enum ProcessMemory {
    /// At present, in octets; 0 where the system does not say.
    static var present: Int { octets(of: "VmRSS:") }

    /// The most so far, in octets; 0 where the system does not say.
    static var peak: Int { octets(of: "VmHWM:") }

    private static func octets(of name: String) -> Int {
        guard let file = unsafe fopen("/proc/self/status", "r") else { return 0 }
        defer { unsafe fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while unsafe fgets(&line, 256, file) != nil {
            let text = line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            guard text.starts(with: name.utf8) else { continue }
            let digits = text.filter { (48..<58).contains($0) }
            return digits.reduce(0) { $0 * 10 + Int($1) - 48 } * 1024
        }
        return 0
    }
}
