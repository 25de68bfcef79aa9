import ArgumentParser
import Diagnosing
import Glibc
import Live
import Logging
import Reporting
import Tracking

/// Analyses what interfaces see, as it comes.
struct LiveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "live",
        abstract: "Analyse packets on interfaces as they arrive.",
        discussion: """
            SIGINT (Ctrl-C) and SIGTERM end it with a summary, SIGUSR1 prints one, SIGHUP reopens the outputs.
            """
    )

    /// What is written while it runs.
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text
        case ndjson
        case ecs
    }

    @Option(
        name: [.customShort("i"), .customLong("interface")],
        help: ArgumentHelp(
            "Capture on this interface (repeatable); 'any' for all, '-' for a capture from standard input.",
            valueName: "interface"
        )
    )
    var interfaces: [String] = []

    @Option(
        name: [.customShort("f"), .customLong("filter")],
        help: ArgumentHelp("Capture only matching packets (pcap-filter syntax).", valueName: "bpf")
    )
    var filter: String?

    @Option(name: .short, help: ArgumentHelp("Stop after this many packets.", valueName: "count"))
    var count: UInt64?

    @Option(help: ArgumentHelp("Stop after this many seconds.", valueName: "seconds"))
    var duration: Double?

    @Option(
        help:
            "text, ndjson (one event per line), or ecs (the same for Elastic) (default: text on a terminal, otherwise ndjson)."
    )
    var format: Format?

    @Option(
        help: ArgumentHelp(
            "Seconds between statistics.",
            valueName: "seconds"
        )
    )
    var interval = 60.0

    @Option(
        help: ArgumentHelp("Bytes to capture from each packet.", valueName: "bytes")
    )
    var snapshotLength = LiveOptions().snapshotLength

    @Option(
        help: ArgumentHelp("Kernel buffer for each interface, in MiB.", valueName: "size")
    )
    var bufferSize = LiveOptions().bufferSize >> 20

    @Flag(help: "Do not use promiscuous mode.")
    var noPromiscuous = false

    @OptionGroup var outputs: LiveOutputOptions

    @OptionGroup var slicing: SliceOptions

    @OptionGroup var selection: SelectionOptions

    @OptionGroup var configuration: ConfigurationOptions

    @Option(help: ArgumentHelp("Show times in this time zone.", valueName: "zone"))
    var timeZone: String?

    @Option(help: ArgumentHelp("Maximum number of connections to track.", valueName: "count"))
    var maxFlows = 2_000_000

    @Flag(name: .short, help: "Show no status line, and log only warnings.")
    var quiet = false

    @Flag(name: .short, help: "Show what the sandbox lacks.")
    var verbose = false

    @OptionGroup var sandboxing: SandboxOptions

    @OptionGroup var text: TextOptions

    func validate() throws {
        if interfaces.isEmpty {
            throw ValidationError("Specify an interface with -i (use -i any for all).")
        }
        if interfaces.contains("-"), interfaces.count > 1 {
            throw ValidationError("Standard input cannot be combined with interfaces.")
        }
        if Set(interfaces).count != interfaces.count {
            throw ValidationError("Each interface can be named once.")
        }
        if let timeZone, !TimeZoneName.isKnown(timeZone) {
            throw ValidationError(
                "Unknown time zone '\(ShownText(foreign: timeZone))'. Examples: Europe/Berlin, UTC0, <+03>-3."
            )
        }
        if maxFlows < 1 { throw ValidationError("--max-flows takes a number from 1.") }
        let lengths = 64...262_144
        if !lengths.contains(snapshotLength) {
            throw ValidationError("--snapshot-length takes a number from 64 to 262144.")
        }
        if !(1...2047).contains(bufferSize) {
            throw ValidationError("--buffer-size takes a number from 1 to 2047.")
        }
        let seconds = 0.1...100_000_000
        if !seconds.contains(interval) || duration.map({ !seconds.contains($0) }) == true {
            throw ValidationError("--interval and --duration take seconds, from 0.1.")
        }
    }

    func run() throws {
        if let timeZone { unsafe setenv("TZ", timeZone, 1) }
        tzset()
        let knowledge = try configuration.knowledge()
        try outputs.checkFiles()
        // Who reads the output may go: that ends it, with everything closed.
        _ = signal(SIGPIPE, SIG_IGN)
        // A file may grow no further: that is an error to be told, and no end.
        _ = signal(SIGXFSZ, SIG_IGN)
        unblockSignals()
        // A pipe is open already, and unpacked by a thread that must not have more rights.
        let early = isPipe ? try confine() : []
        let source = try source()
        let notices = isPipe ? early : try confine()
        let streams = StandardStreams()
        let log = logger(streams)
        for notice in notices { log.warning("\(notice)") }
        let board = MetricsBoard()
        var session = try session(source, knowledge, streams, log, board)
        let requests = LiveRequests()
        let server = outputs.server(of: board, log)
        do throws(ThreadFault) {
            try LiveServices(requests, beside: server.map { [$0] } ?? [], log: log).run {
                () throws(ThreadFault) in try session.run(requests)
            }
        } catch {
            log.error("no thread could be started to read packets: error \(error.number)")
            requests.fail()
        }
        streams.close()
        if requests.hasFailed { throw ExitStatus(code: Program.failure) }
        if let complaint = session.complaint {
            Output.error("synopsis: standard output: cannot be written: \(foreign: complaint)\n")
            throw ExitStatus(code: Program.failure)
        }
        if let damage = session.damage {
            Output.error("synopsis: \(damage.shown)\n")
            throw ExitStatus(code: Program.failure)
        }
    }

    /// Gives up what only the opening of interfaces takes; before any thread is started.
    ///
    /// - Returns: what is to be said of it.
    private func confine() throws(ExitStatus) -> [ShownText] {
        var notices: [ShownText] = []
        if try outputs.dropPrivileges(keepsPacketSockets: !isPipe) {
            let kept: ShownText =
                isPipe ? "with none of its rights" : "with CAP_NET_RAW alone of its rights"
            notices.append("running as root, \(kept); use -Z to name a user")
        }
        var sandbox = Sandbox()
        outputs.allow(in: &sandbox)
        if slicing.ring != nil { sandbox.writableFolders.append(slicing.sliceDir) }
        let missing = sandboxing.enter(sandbox)
        return notices + (verbose ? missing : [])
    }

    /// Whether packets come through standard input.
    private var isPipe: Bool { interfaces == ["-"] }

    private func source() throws(ExitStatus) -> any LiveSource {
        do throws(CaptureError) {
            guard isPipe else { return try LiveCapture(interfaces, link) }
            var file = try PcapFile(path: "-")
            if let filter { try file.keep(only: filter) }
            return LivePipe(file)
        } catch {
            Output.error("synopsis: \(error.shown)\n")
            throw ExitStatus(code: Program.failure)
        }
    }

    private var link: LiveOptions {
        var link = LiveOptions()
        link.filter = filter
        link.snapshotLength = snapshotLength
        link.bufferSize = bufferSize << 20
        link.isPromiscuous = !noPromiscuous
        return link
    }

    private func session(
        _ source: any LiveSource,
        _ knowledge: ConfigurationOptions.Knowledge,
        _ streams: StandardStreams,
        _ log: Logger,
        _ board: MetricsBoard
    ) throws(ExitStatus) -> LiveSession {
        try slicing.checkFolder()
        let targets = try outputs.outputs(streams.output)
        let isOnTerminal = Output.isTerminal(STDOUT_FILENO)
        let isText = (format ?? (isOnTerminal ? .text : .ndjson)) == .text
        let showsStatus = isText && !quiet && Output.isTerminal(STDERR_FILENO)
        let terminal = TerminalView(
            style: text.style,
            hosts: knowledge.hosts,
            output: streams.output,
            status: showsStatus ? streams.errors : nil,
            isOnTerminal: isOnTerminal
        )
        return LiveSession(
            source,
            options(knowledge),
            outputs: (isText || !outputs.targets.isEmpty ? [] : [streams.output]) + targets,
            terminal: isText ? terminal : nil,
            sinks: LiveSinks(
                slices: slicing.settings,
                in: slicing.folder,
                board: outputs.metrics == nil ? nil : board
            ),
            log: log
        )
    }

    private func options(_ knowledge: ConfigurationOptions.Knowledge) -> LiveSession.Options {
        var options = LiveSession.Options()
        options.configuration = knowledge.configuration
        options.knownIssues = knowledge.knownIssues
        options.maxFlows = maxFlows
        options.packetLimit = count ?? .max
        options.duration = duration.map { Int64($0 * 1e9) }
        options.interval = Int64(interval * 1e9)
        options.selection = selection.selection
        options.quotesServers = selection.quote
        options.sensor = hostName
        options.form = format == .ecs ? .ecs : .flat
        return options
    }

    private func logger(_ streams: StandardStreams) -> Logger {
        var log = Logger(label: "synopsis") {
            StreamLogHandler(label: $0, stream: LogStream(streams.errors))
        }
        log.logLevel = quiet ? .warning : .info
        return log
    }

    private var hostName: String? {
        var name = [CChar](repeating: 0, count: 256)
        guard unsafe gethostname(&name, name.count - 1) == 0 else { return nil }
        return String(
            decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) },
            as: UTF8.self
        )
    }

    /// A parent may have left them blocked, and then nothing but SIGKILL would end this.
    private func unblockSignals() {
        var none = sigset_t()
        unsafe sigemptyset(&none)
        _ = unsafe sigprocmask(SIG_SETMASK, &none, nil)
    }
}
