import ArgumentParser
import Tracking
import Diagnosing
import Glibc
import Live
import Logging
import ServiceLifecycle

#if Web
    import Serving
#endif

/// Where the events of a live analysis go, and who looks at it.
struct LiveOutputOptions: ParsableArguments {
    @Option(
        name: .customShort("o"),
        help: ArgumentHelp(
            "Write events to a file, tcp:HOST:PORT or unix:/PATH (repeatable).",
            valueName: "place"
        )
    )
    var targets: [String] = []

    @Option(
        help: ArgumentHelp(
            "Start a new file at this size or after this time, for example 100MB or 1h.",
            valueName: "when"
        )
    )
    var rotate: String?

    @Option(help: ArgumentHelp("Number of older files to keep.", valueName: "count"))
    var keep = 5

    @Option(
        help: ArgumentHelp(
            "Serve Prometheus metrics, for example at 127.0.0.1:19874.",
            valueName: "address"
        )
    )
    var metrics: String?

    @Flag(help: "Append to an -o file even if it is a capture.")
    var force = false

    @Option(
        name: .customShort("Z"),
        help: ArgumentHelp("Run as this user once the interfaces are open.", valueName: "user")
    )
    var user: String?

    func validate() throws {
        for target in targets where OutputTarget(target) == nil {
            throw ValidationError(
                "-o takes a file, tcp:HOST:PORT or unix:/PATH, not '\(ShownText(foreign: target))'."
            )
        }
        if let rotate, Rotation(rotate) == nil {
            throw ValidationError("--rotate takes a size or a time, for example 100MB or 1h.")
        }
        if !(1...10_000).contains(keep) {
            throw ValidationError("--keep takes a number from 1 to 10000.")
        }
        if let metrics, Self.address(metrics) == nil {
            throw ValidationError("--metrics takes ADDRESS:PORT, for example 127.0.0.1:19874.")
        }
        #if !Web
            if metrics != nil {
                throw ValidationError("--metrics is not available: this build has no HTTP server.")
            }
        #endif
        if let user, UserAccount(user) == nil {
            throw ValidationError("There is no user '\(ShownText(foreign: user))'.")
        }
    }

    /// Refuses files that must not be written, before anything is opened.
    func checkFiles() throws(ExitStatus) {
        for case .file(let path) in targets.compactMap({ OutputTarget($0) }) {
            _ = try Output.file(path, beside: [], isForced: force)
        }
    }

    /// Gives up what only the opening of interfaces takes; before any thread is started.
    ///
    /// Outputs are opened afterwards, as the user whom they will belong to.
    ///
    /// - Parameter keepsPacketSockets: whether interfaces may have to be opened again.
    /// - Returns: whether it runs on as root, although nobody asked for that.
    /// - Throws: where privileges cannot be given up.
    func dropPrivileges(keepsPacketSockets: Bool) throws(ExitStatus) -> Bool {
        do throws(Privileges.Fault) {
            let outcome = try Privileges.drop(
                to: user.flatMap { UserAccount($0) },
                keepsPacketSockets: keepsPacketSockets
            )
            return outcome == .remainsRoot && user == nil
        } catch {
            Output.error("synopsis: privileges cannot be given up: \(foreign: "\(error)")\n")
            throw ExitStatus(code: Program.failure)
        }
    }

    /// What the outputs take of a sandbox.
    func allow(in sandbox: inout Sandbox) {
        // Sockets of interfaces, and those by which the service manager hears of us.
        sandbox.hasSockets = true
        for target in targets.compactMap({ OutputTarget($0) }) {
            switch target {
            case .standardOutput: break
            case .file(let path): sandbox.writable.append(path)
            case .tcp(_, let port):
                sandbox.hasConnections = true
                // Names are asked for over TCP, too, where the answer is long.
                sandbox.peers += [port, 53]
            case .unix: sandbox.hasConnections = true
            }
        }
        if let metrics, let (_, port) = Self.address(metrics) { sandbox.ports.append(port) }
    }

    /// Opens the files, and begins to connect.
    ///
    /// - Parameter standard: standard output.
    /// - Returns: the outputs, in the order of the command line.
    /// - Throws: when a file cannot be opened; a socket may come later.
    func outputs(_ standard: QueuedOutput) throws(ExitStatus) -> [any EventOutput] {
        var outputs: [any EventOutput] = []
        for target in targets.compactMap({ OutputTarget($0) }) {
            switch target {
            case .standardOutput: outputs.append(standard)
            case .file(let path):
                let rotation = rotate.flatMap { Rotation($0) }
                let file = FileOutput(path: path, rotation: rotation, kept: keep)
                if let reason = file.trouble {
                    Output.error(
                        "synopsis: \(foreign: path): cannot be written: \(foreign: reason)\n"
                    )
                    throw ExitStatus(code: Program.failure)
                }
                outputs.append(QueuedOutput(file))
            case .tcp, .unix: outputs.append(SocketOutput(to: target))
            }
        }
        return outputs
    }

    /// The server of metrics, if one is wanted.
    func server(of board: MetricsBoard, _ log: Logger) -> (any Service)? {
        #if Web
            guard let metrics, let (host, port) = Self.address(metrics) else { return nil }
            return MetricsServer(
                host: host,
                port: port,
                contentType: MetricsSnapshot.contentType,
                logger: log,
                text: { board.snapshot.prometheusText },
                isHealthy: { board.illness },
                isReady: { board.obstacle }
            )
        #else
            return nil
        #endif
    }

    /// `ADDRESS:PORT`, or a port alone on the loopback.
    private static func address(_ text: String) -> (host: String, port: UInt16)? {
        if let port = UInt16(text), port > 0 { return ("127.0.0.1", port) }
        guard let (host, port) = OutputTarget.hostAndPort(text[...]), port > 0 else { return nil }
        return (host, port)
    }
}
