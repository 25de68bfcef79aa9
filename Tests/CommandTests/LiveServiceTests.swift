import Foundation
import Requirements
import Testing

/// `synopsis live` on the loopback, as a service runs it.
@Suite(.serialized, .tags(.slow)) struct `A capture that is left running` {
    private static var isPossible: Bool {
        isRunAsRoot("a capture that is left running")
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
        _ = unsafe chmod(folder.url.path, 0o777)
        return folder
    }

    @Test(.enabled(if: isPossible), arguments: [["-Z", "nobody"], []])
    func `runs as a user who may do nothing else`(_ option: [String]) throws {
        let folder = try sharedFolder()
        let events = folder.url.appending(path: "events").path
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

    @Test(.enabled(if: isPossible))
    func `that stays root keeps one of its rights, and says so`() throws {
        let folder = try sharedFolder()
        let running = try live(["--interval", "0.1"], in: folder)
        #expect(eventually { running.text("out").contains("\n") })

        for name in ["CapPrm", "CapEff", "CapBnd"] {
            #expect(running.status(name) == ["0000000000002000"])
        }
        #expect(running.status("CapInh") == ["0000000000000000"])
        #expect(running.status("NoNewPrivs") == ["1"])
        #expect(running.status("Seccomp") == ["2"])
        let notice = "running as root, with CAP_NET_RAW alone of its rights; use -Z to name a user"
        #expect(running.text("err").contains(notice))
    }

    @Test(.enabled(if: isPossible))
    func `that wants no sandbox has none`() throws {
        let folder = try sharedFolder()
        let running = try live(["--interval", "0.1", "--no-sandbox"], in: folder)
        #expect(eventually { running.text("out").contains("\n") })

        #expect(running.status("Seccomp") == ["0"])
        #expect(running.status("CapEff") == ["0000000000002000"])
    }

    @Test func `does not become a user whom there is not`() throws {
        let outcome = try Program.run("live", "-i", "lo", "-Z", "no-such-user")

        #expect(outcome.status == 2)
        #expect(outcome.errors.contains("There is no user 'no-such-user'"))
    }

    @Test(.enabled(if: isPossible))
    func `that is killed leaves whole lines but for the last`() throws {
        let folder = try Scratch()
        let events = folder.url.appending(path: "events").path
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
        let events = folder.url.appending(path: "events").path
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
        let path = folder.url.appending(path: "notify").path
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
                var polled = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
                guard unsafe poll(&polled, 1, 10_000) == 1 else { return "" }
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

    /// Knocks at a port of the loopback where nobody listens.
    private func knock() {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(1).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(client) }
        _ = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(client, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    @Test(.enabled(if: isPossible))
    func `cuts a slice out of the traffic that shows what it found`() throws {
        let folder = try Scratch()
        let running = try live(
            [
                "-f", "tcp port 1", "--ring", "1MiB", "--after", "0.2", "--slice-dir",
                folder.url.path, "--duration", "4", "--interval", "0.1",
            ],
            in: folder
        )
        #expect(eventually { running.text("out").contains("\n") })
        for _ in 0..<3 { knock() }
        running.process.waitUntilExit()

        let slice = try #require(
            FileManager.default.contentsOfDirectory(atPath: folder.url.path)
                .first { $0.hasSuffix(".pcapng") }
        )
        let analysis = try Program.run(
            folder.url.appending(path: slice).path,
            "--format",
            "json"
        )
        let report = try JSONSerialization.jsonObject(with: Data(analysis.output.utf8))
        let findings = (report as? [String: Any])?["findings"] as? [[String: Any]] ?? []
        let found = findings.compactMap { $0["finding"] as? [String: Any] }
        #expect(found.compactMap { $0["pathology"] as? String } == ["connection-refused"])
        let id = try #require(found.first?["id"] as? String)
        #expect(running.text("out").contains("\"id\":\"\(id)\""))
        #expect(running.text("err").contains("\(slice): written"))
    }

    private static var hasCurl: Bool {
        isRun("metrics of a running capture", with: "curl")
    }

    @Test(.enabled(if: isPossible), .enabled(if: hasCurl))
    func `serves metrics that follow the traffic`() throws {
        let folder = try Scratch()
        let port = 40_000 + Int.random(in: 0..<10_000)
        let running = try live(
            ["-f", "tcp port 1", "--metrics", "127.0.0.1:\(port)", "--interval", "0.1"],
            in: folder
        )
        #expect(eventually { running.text("out").contains("\n") })
        for _ in 0..<3 { knock() }

        var metrics = ""
        let isCounted = eventually {
            guard
                let scrape = try? Running(
                    ["/usr/bin/curl", "-s", "-m", "5", "http://127.0.0.1:\(port)/metrics"],
                    in: Scratch()
                )
            else { return false }
            scrape.process.waitUntilExit()
            metrics = scrape.text("out")
            return metrics.contains(
                "pathology=\"connection-refused\",severity=\"error\",service=\"1\"} 3\n"
            )
        }
        kill(running.process.processIdentifier, SIGTERM)
        running.process.waitUntilExit()

        #expect(isCounted, "\(metrics.prefix(2000))")
        #expect(metrics.contains("synopsis_packets_total 6\n"))
        #expect(metrics.contains("synopsis_connection_attempts_total 3\n"))
        #expect(metrics.contains("synopsis_handshakes_total{outcome=\"refused\"} 3\n"))
        #expect(running.process.terminationStatus == 0)
    }

    @Test(.enabled(if: isPossible))
    func `ends with a word where its metrics cannot be served`() throws {
        let folder = try Scratch()
        let running = try live(["--metrics", "192.0.2.77:19874"], in: folder)
        #expect(eventually { !running.process.isRunning })

        #expect(running.process.terminationStatus == 2)
        #expect(running.text("err").contains("error"))
    }

    @Test(
        .enabled(if: isPossible),
        arguments: [
            ["-o", "/no/such/folder/events"], ["--ring", "30s", "--slice-dir", "/no/such/folder"],
        ]
    )
    func `does not begin where nothing can be written`(_ arguments: [String]) throws {
        let running = try live(arguments, in: try Scratch())
        running.process.waitUntilExit()

        #expect(running.process.terminationStatus == 2)
        #expect(running.text("err").contains("No such file or directory"))
    }

    @Test(arguments: [
        ["-o", "tcp:nowhere"], ["--rotate", "5"], ["--keep", "0"], ["--metrics", "x"],
        ["--ring", "much"], ["--slice-size", "1h"], ["--slices", "0"], ["--after", "-1"],
    ])
    func `refuses what it cannot do before it captures`(_ arguments: [String]) throws {
        let folder = try Scratch()
        let running = try live(arguments, in: folder)
        running.process.waitUntilExit()

        #expect(running.process.terminationStatus == 2)
        #expect(running.text("err").hasPrefix("synopsis: "))
    }
}
