import Glibc

/// What systemd is told of this service (sd_notify(3)): a datagram to the socket that NOTIFY_SOCKET
/// names.
///
/// Where no service manager asks, nothing is sent.
package struct ServiceNotification: Sendable {
    private let path: String?
    /// How often the watchdog wants to hear of it, half of the time that it waits; `nil` where none
    /// does, in nanoseconds.
    package let watchdogInterval: Int64?

    /// Looks into the environment.
    package init() {
        path = Self.variable("NOTIFY_SOCKET")
        let isOurs = Self.variable("WATCHDOG_PID").map { $0 == String(getpid()) } ?? true
        let time = isOurs ? Self.variable("WATCHDOG_USEC").flatMap { Int64($0) } : nil
        watchdogInterval = time.flatMap { (1...86_400_000_000).contains($0) ? $0 * 500 : nil }
    }

    /// Whether a service manager listens.
    package var isListening: Bool { path != nil }

    /// Says that the capture runs.
    package func sayReady(_ status: String) { send("READY=1\nSTATUS=\(Self.line(status))") }

    /// Says how it stands, for `systemctl status`.
    package func say(status: String) { send("STATUS=\(Self.line(status))") }

    /// Says that it is alive, and no more.
    package func pingWatchdog() { if watchdogInterval != nil { send("WATCHDOG=1") } }

    /// Says that it ends.
    package func sayStopping() { send("STOPPING=1") }

    private func send(_ text: String) {
        guard let path else { return }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name = Array(path.utf8)
        let start = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2
        guard name.count < MemoryLayout<sockaddr_un>.size - start else { return }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { bytes in
            unsafe bytes.copyBytes(from: name)
            // An abstract socket, whose name begins with a zero.
            if name.first == UInt8(ascii: "@") { unsafe bytes[0] = 0 }
        }
        let type = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let octets = Array(text.utf8)
        // Abstract names are as long as they are said to be; those of files end in a zero.
        let length = socklen_t(start + name.count + (name.first == UInt8(ascii: "@") ? 0 : 1))
        _ = unsafe withUnsafeBytes(of: &address) { bytes in
            unsafe sendto(
                descriptor,
                octets,
                octets.count,
                Int32(MSG_NOSIGNAL),
                bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self),
                length
            )
        }
    }

    /// A line feed would begin another assignment.
    private static func line(_ text: String) -> String { text.replacing("\n", with: " ") }

    private static func variable(_ name: String) -> String? {
        guard let value = unsafe getenv(name), unsafe value.pointee != 0 else { return nil }
        return unsafe String(cString: value)
    }
}
