import Glibc

/// What this process takes of the machine, by the names that Prometheus's own clients use.
struct ProcessUsage {
    /// In octets.
    private(set) var residentMemory: UInt64 = 0
    private(set) var virtualMemory: UInt64 = 0
    /// In seconds, of all threads.
    private(set) var processorTime: Double = 0
    private(set) var openDescriptors: UInt64 = 0

    init() {
        var time = timespec()
        if unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 {
            processorTime = Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
        }
        let pages = Self.text(of: "/proc/self/statm").split(separator: " ").map { UInt64($0) ?? 0 }
        if pages.count > 1 {
            let size = UInt64(clamping: sysconf(Int32(_SC_PAGESIZE)))
            virtualMemory = pages[0] &* size
            residentMemory = pages[1] &* size
        }
        guard let folder = unsafe opendir("/proc/self/fd") else { return }
        while unsafe readdir(folder) != nil { openDescriptors += 1 }
        unsafe closedir(folder)
        // The folder itself, its parent, and the descriptor that reads it.
        openDescriptors -= min(openDescriptors, 3)
    }

    func write(to text: inout PrometheusText) {
        text.begin("process_cpu_seconds_total", .counter, "Time of the processor, in seconds.")
        text.add("process_cpu_seconds_total", number: processorTime)
        text.addSingle("process_resident_memory_bytes", .gauge, "Resident memory.", residentMemory)
        text.addSingle("process_virtual_memory_bytes", .gauge, "Virtual memory.", virtualMemory)
        text.addSingle("process_open_fds", .gauge, "Open file descriptors.", openDescriptors)
    }

    /// The first 4 KiB of a small file of the kernel; empty where it cannot be read.
    static func text(of path: String) -> String {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var octets = [UInt8](repeating: 0, count: 4096)
        let count = unsafe read(descriptor, &octets, octets.count)
        return String(decoding: octets[..<max(0, count)], as: UTF8.self)
    }
}
