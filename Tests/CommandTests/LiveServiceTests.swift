import Foundation
import Testing

/// A program that runs beside the test, and goes with it.
private final class Running {
    let process = Process()
    let folder: Scratch

    init(_ arguments: [String], in folder: Scratch, environment: [String: String] = [:]) throws {
        self.folder = folder
        process.executableURL = URL(filePath: arguments[0])
        process.arguments = Array(arguments.dropFirst())
        process.environment = ProcessInfo.processInfo.environment
            .merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: folder.file("out"))
        process.standardError = try FileHandle(forWritingTo: folder.file("err"))
        try process.run()
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
    }

    /// A line of `/proc/PID/status`, without its name.
    func status(_ name: String) -> [String] {
        let path = "/proc/\(process.processIdentifier)/status"
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("\(name):") } ?? ""
        return line.split(whereSeparator: \.isWhitespace).dropFirst().map(String.init)
    }

    func text(_ name: String) -> String {
        (try? String(contentsOf: folder.place.appending(path: name), encoding: .utf8)) ?? ""
    }
}

private func eventually(_ holds: () -> Bool) -> Bool {
    for _ in 0..<1000 {
        if holds() { return true }
        usleep(10_000)
    }
    return holds()
}

/// `synopsis live` on the loopback, as a service runs it.
@Suite(.serialized) struct `A capture that is left running` {
    private static var isPossible: Bool {
        let isRoot = geteuid() == 0
        if !isRoot { print("a capture that is left running: skipped, it takes root") }
        return isRoot
    }

    private func live(
        _ arguments: [String],
        in folder: Scratch,
        environment: [String: String] = [:]
    ) throws -> Running {
        try Running(
            [try Program.path.path, "live", "-i", "lo", "--format", "ndjson"] + arguments,
            in: folder,
            environment: environment
        )
    }

    /// A folder that anybody may write to.
    private func sharedFolder() throws -> Scratch {
        let folder = try Scratch()
        _ = unsafe chmod(folder.place.path, 0o777)
        return folder
    }

    @Test(.enabled(if: isPossible), arguments: [["-Z", "nobody"], []])
    func `runs as a user who may do nothing else`(_ option: [String]) throws {
        let folder = try sharedFolder()
        let events = folder.place.appending(path: "events").path
        let running = try live(
            option + ["-o", events, "--interval", "0.1"],
            in: folder,
            environment: option.isEmpty ? ["SUDO_UID": "65534", "SUDO_GID": "65534"] : [:]
        )

        #expect(eventually { running.text("events").contains("\n") })

        #expect(running.status("Uid") == ["65534", "65534", "65534", "65534"])
        #expect(running.status("Gid") == ["65534", "65534", "65534", "65534"])
        #expect(Set(running.status("Groups")).isSubset(of: ["65534"]))
        // CAP_NET_RAW alone, to open an interface again.
        #expect(running.status("CapPrm") == ["0000000000002000"])
        #expect(running.status("CapEff") == ["0000000000002000"])
        #expect(running.status("CapInh") == ["0000000000000000"])
        #expect(running.status("CapAmb") == ["0000000000000000"])
        #expect(running.status("NoNewPrivs") == ["1"])
        let owner = try FileManager.default.attributesOfItem(atPath: events)[.ownerAccountID]
        #expect(owner as? Int == 65534)
    }

    @Test func `does not become a user whom there is not`() throws {
        let outcome = try Program.run("live", "-i", "lo", "-Z", "no-such-user")

        #expect(outcome.status == 2)
        #expect(outcome.errors.contains("There is no user 'no-such-user'"))
    }

    @Test(.enabled(if: isPossible))
    func `that is killed leaves whole lines but for the last`() throws {
        let folder = try Scratch()
        let events = folder.place.appending(path: "events").path
        let running = try live(["-o", events, "--interval", "0.1"], in: folder)
        #expect(eventually { running.text("events").split(separator: "\n").count > 5 })

        kill(running.process.processIdentifier, SIGKILL)
        running.process.waitUntilExit()

        let lines = running.text("events").split(
            separator: "\n",
            omittingEmptySubsequences: false
        )
        for line in lines.dropLast() {
            let event = try JSONSerialization.jsonObject(with: Data(line.utf8))
            #expect(event is [String: Any])
        }
        let again = try live(["-o", events, "--duration", "0.2"], in: folder)
        again.process.waitUntilExit()
        #expect(again.process.terminationStatus == 0)
        #expect(running.text("events").hasSuffix("\n"))
    }

    @Test(.enabled(if: isPossible))
    func `opens its file anew when it is told to`() throws {
        let folder = try Scratch()
        let events = folder.place.appending(path: "events").path
        let running = try live(["-o", events, "--interval", "0.1"], in: folder)
        #expect(eventually { running.text("events").contains("\n") })
        try FileManager.default.moveItem(atPath: events, toPath: events + ".old")

        kill(running.process.processIdentifier, SIGHUP)

        #expect(eventually { running.text("events").contains("\"stats\"") })
        #expect(running.text("events.old").hasSuffix("\n"))
    }

    @Test(.enabled(if: isPossible))
    func `goes on over a full disk, and says so once`() throws {
        let folder = try Scratch()
        let running = try live(
            ["-o", "/dev/full", "--interval", "0.1", "--duration", "2"],
            in: folder
        )
        running.process.waitUntilExit()

        #expect(running.process.terminationStatus == 0)
        let complaints = running.text("err").split(separator: "\n")
            .filter { $0.contains("No space left on device") }
        #expect(complaints.count == 1)
    }

    @Test(.enabled(if: isPossible))
    func `tells the service manager when it is ready, that it lives, and that it ends`() throws {
        let folder = try sharedFolder()
        let path = folder.place.appending(path: "notify").path
        let listener = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(listener) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) {
            unsafe $0.copyBytes(from: path.utf8)
        }
        let status = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(status == 0)
        func messages(_ count: Int) -> [String] {
            (0..<count).map { _ in
                var place = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
                guard unsafe poll(&place, 1, 10_000) == 1 else { return "" }
                var octets = [UInt8](repeating: 0, count: 4096)
                let got = unsafe recv(listener, &octets, octets.count, 0)
                return String(decoding: octets[..<max(0, got)], as: UTF8.self)
            }
        }

        let running = try live(
            [],
            in: folder,
            environment: ["NOTIFY_SOCKET": path, "WATCHDOG_USEC": "600000"]
        )
        let first = messages(6)
        kill(running.process.processIdentifier, SIGTERM)
        var last = ""
        for _ in 0..<20 where last != "STOPPING=1" { last = messages(1)[0] }
        running.process.waitUntilExit()

        #expect(first[0] == "READY=1\nSTATUS=Capturing on lo")
        #expect(first.filter { $0 == "WATCHDOG=1" }.count >= 3)
        #expect(first.contains { $0.hasPrefix("STATUS=") && $0.hasSuffix("incidents") })
        #expect(last == "STOPPING=1")
        #expect(running.process.terminationStatus == 0)
    }

    @Test(arguments: [
        ["-o", "tcp:nowhere"], ["--rotate", "5"], ["--keep", "0"], ["--metrics", "x"],
        ["--ring", "much"], ["--slice-size", "1h"], ["--slices", "0"], ["--after", "-1"],
        ["--ring", "30s", "--slice-dir", "/no/such/folder"],
    ])
    func `refuses what it cannot do before it captures`(_ arguments: [String]) throws {
        let folder = try Scratch()
        let running = try live(arguments, in: folder)
        running.process.waitUntilExit()

        #expect(running.process.terminationStatus == 2)
        #expect(running.text("err").hasPrefix("Error: "))
    }
}

/// `synopsis interfaces`, in a network namespace of its own where it takes one.
@Suite struct `The list of interfaces` {
    private static var isPossible: Bool {
        let tools = ["/usr/bin/unshare", "/usr/bin/setpriv"]
        let isPossible =
            geteuid() == 0 && tools.allSatisfy(FileManager.default.isExecutableFile)
            && (try? Running(["/usr/bin/unshare", "-n", "true"], in: Scratch()))
                .map { running in
                    running.process.waitUntilExit()
                    return running.process.terminationStatus == 0
                } == true
        if !isPossible {
            print("interfaces of others: skipped, it takes root, unshare and setpriv")
        }
        return isPossible
    }

    /// Runs a script as a user with few rights in a namespace with one interface more, `$1` being the program.
    private func outcome(_ script: String, capabilities: String) throws -> Running {
        let folder = try Scratch()
        _ = unsafe chmod(folder.place.path, 0o755)
        let program = folder.place.appending(path: "synopsis").path
        try FileManager.default.copyItem(atPath: try Program.path.path, toPath: program)
        _ = unsafe chmod(program, 0o755)
        let setUp = """
            ip link add first type veth peer name second 2>/dev/null && ip link set first up && ip link set second up
            ip link set lo up
            exec setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all,\(capabilities) \
            --inh-caps=-all,\(capabilities) --ambient-caps=-all,\(capabilities) sh -c '\(script)' "$0"
            """
        let running = try Running(
            ["/usr/bin/unshare", "-n", "sh", "-c", setUp, program],
            in: folder
        )
        running.process.waitUntilExit()
        return running
    }

    @Test func `names the loopback, and what it is`() throws {
        let outcome = try Program.run("interfaces", "--format", "json")

        #expect(outcome.status == 0)
        let list = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
        let interfaces = (list as? [String: Any])?["interfaces"] as? [[String: Any]] ?? []
        let loopback = try #require(interfaces.first { $0["name"] as? String == "lo" })
        #expect(loopback["loopback"] as? Bool == true)
        #expect(loopback["link_type"] as? String == "ethernet")
        #expect((loopback["addresses"] as? [String])?.contains("127.0.0.1") == true)
        #expect(interfaces.last?["name"] as? String == "any")
    }

    @Test(.enabled(if: isPossible))
    func `says what is missing to whoever may not capture, and how to grant it`() throws {
        let running = try outcome(
            "\"$0\" interfaces; \"$0\" interfaces --format json",
            capabilities: "-all"
        )

        let text = running.text("out")
        #expect(running.process.terminationStatus == 0, "\(running.text("err"))")
        #expect(text.contains("not permitted"))
        #expect(text.contains("sudo setcap cap_net_raw+ep /"))
        #expect(text.contains("\"may_capture\":false"))
        #expect(!text.contains("net_admin"))
    }

    @Test(.enabled(if: isPossible))
    func `asks for no more than a capture takes, promiscuous mode and all`() throws {
        let script = """
            "$0" interfaces
            "$0" live -i first --format ndjson --duration 2 --interval 0.2 &
            sleep 1; ip -d link show first; wait $!; echo status $?
            """
        let running = try outcome(script, capabilities: "+net_raw")

        let text = running.text("out")
        #expect(!text.contains("not permitted"), "\(text) \(running.text("err"))")
        #expect(text.contains("promiscuity 1"))
        #expect(text.contains("\"stats\""))
        #expect(text.contains("status 0"))
    }
}
