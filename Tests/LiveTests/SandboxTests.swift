import CPrivileges
import Foundation
import Live
import Requirements
import Synchronization
import Testing
import Tracking

/// What the sandbox forbids is tried, on a thread of its own, which takes it with it when it ends.
@Suite struct `A sandbox` {
    private static var isPossible: Bool {
        isRun(
            "files in a sandbox",
            unless: synopsis_landlock_version() > 0 ? nil : "this kernel has no Landlock",
            canBeInstalled: false
        )
    }

    private static var hasNetworkRules: Bool {
        isRun(
            "connections in a sandbox",
            unless: synopsis_landlock_version() >= 4
                ? nil : "this kernel's Landlock knows no ports",
            canBeInstalled: false
        )
    }

    /// What `body` finds on a thread that has entered the sandbox.
    private func inside<Result: Sendable>(
        _ sandbox: Sandbox,
        _ body: @escaping @Sendable () -> Result
    ) throws -> Result {
        let found = Found<Result>()
        let thread = try StartedThread {
            _ = sandbox.enter()
            let result = body()
            found.result.withLock { $0 = result }
        }
        thread.join()
        return try #require(found.result.withLock { $0 })
    }

    private final class Found<Result: Sendable>: Sendable {
        let result = Mutex<Result?>(nil)
    }

    /// The error number of opening a file, or 0.
    private static func opening(_ path: String, _ flags: Int32) -> Int32 {
        let descriptor = unsafe open(path, flags, 0o600)
        if descriptor < 0 { return errno }
        close(descriptor)
        return 0
    }

    /// The error number of connecting to a port of the loopback, or 0.
    private static func connecting(to port: UInt16) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard client >= 0 else { return errno }
        defer { close(client) }
        let status = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(client, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return status == 0 ? 0 : errno
    }

    @Test func `runs no program, looks into no process and changes no system`() throws {
        let calls = [
            SYS_execve, SYS_execveat, SYS_ptrace, SYS_bpf, SYS_mount, SYS_init_module, SYS_unshare,
            SYS_process_vm_readv, SYS_socket, SYS_connect,
        ]

        let errors = try inside(Sandbox()) { calls.map { synopsis_try_call(Int($0)) } }

        #expect(errors == calls.map { _ in EPERM })
    }

    @Test func `starts threads, and no processes`() throws {
        let outcome = try inside(Sandbox()) {
            let ran = Flag()
            try? StartedThread { ran.isSet.store(true, ordering: .relaxed) }.join()
            var child = pid_t()
            var arguments: [UnsafeMutablePointer<CChar>?] = unsafe [nil]
            let error = unsafe posix_spawn(&child, "/bin/true", nil, nil, &arguments, nil)
            return (ran.isSet.load(ordering: .relaxed), error)
        }

        #expect(outcome.0)
        #expect(outcome.1 == EPERM)
    }

    private final class Flag: Sendable {
        let isSet = Atomic(false)
    }

    @Test(.enabled(if: isPossible))
    func `opens the files that were named, and no others`() throws {
        let folder = try Scratch()
        let other = try Scratch()
        for scratch in [folder, other] {
            try "text".write(toFile: scratch.path("in"), atomically: false, encoding: .utf8)
        }
        var sandbox = Sandbox()
        sandbox.readable = [folder.path("in")]
        sandbox.writable = [folder.path("out")]
        let paths = [folder, other].map { ($0.path("in"), $0.path("out")) }

        let errors = try inside(sandbox) {
            paths.map { reading, writing in
                [
                    Self.opening(reading, O_RDONLY), Self.opening(writing, O_WRONLY | O_CREAT),
                    unsafe rename(reading, writing + ".1") == 0 ? 0 : errno,
                    Self.opening(writing, O_WRONLY | O_CREAT | O_TRUNC),
                ]
            } + [[Self.opening("/etc/passwd", O_RDONLY)]]
        }

        #expect(errors[0] == [0, 0, 0, 0])
        #expect(errors[1] == [EACCES, EACCES, EACCES, EACCES])
        #expect(errors[2] == [EACCES])
    }

    @Test(.enabled(if: hasNetworkRules))
    func `connects to the ports that were named, and to no others`() throws {
        var sandbox = Sandbox()
        sandbox.hasSockets = true
        sandbox.hasConnections = true
        sandbox.peers = [9]

        let errors = try inside(sandbox) {
            [Self.connecting(to: 9), Self.connecting(to: 10)]
        }

        #expect(errors == [ECONNREFUSED, EACCES])
    }

    @Test func `is noted by the kernel`() throws {
        let status = try inside(Sandbox()) {
            (try? String(contentsOfFile: "/proc/thread-self/status", encoding: .utf8)) ?? ""
        }

        #expect(status.contains("NoNewPrivs:\t1\n"))
        #expect(status.contains("Seccomp:\t2\n"))
    }
}
