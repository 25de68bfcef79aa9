import Foundation
import Requirements
import Testing

/// `synopsis interfaces`, in a network namespace of its own where it takes one.
@Suite struct `The list of interfaces` {
    private static var isPossible: Bool {
        guard isRunAsRoot("interfaces of others", with: "unshare", "setpriv") else { return false }
        let hasNamespaces =
            (try? Running(["/usr/bin/unshare", "-n", "true"], in: Scratch()))
            .map { running in
                running.process.waitUntilExit()
                return running.process.terminationStatus == 0
            } == true
        return isRun(
            "interfaces of others",
            unless: hasNamespaces ? nil : "no network namespaces here",
            canBeInstalled: false
        )
    }

    /// Runs a script as a user with few rights in a namespace with one interface more, `$1` being
    /// the program.
    private func outcome(_ script: String, capabilities: String) throws -> Running {
        let folder = try Scratch()
        _ = unsafe chmod(folder.url.path, 0o755)
        let program = folder.url.appending(path: "synopsis").path
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
