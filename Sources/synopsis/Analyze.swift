import ArgumentParser
import Diagnosing
import Glibc
import Live
import Reporting
import Tracking

/// Analyses capture files: the main job.
struct Analyze: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Analyse capture files (the default command).",
        aliases: ["analyse"]
    )

    @Argument(
        help: ArgumentHelp(
            "Capture files: pcap or pcapng, plain or compressed; - for standard input.",
            valueName: "file"
        )
    )
    var files: [String] = []

    @Option(
        name: .customShort("r"),
        help: ArgumentHelp("Also analyse this file (as in tcpdump).", valueName: "file")
    )
    var moreFiles: [String] = []

    @Flag(name: .customShort("n"), help: "Accepted for compatibility: names are never resolved.")
    var isNumeric = false

    @Option(
        name: [.customShort("f"), .customLong("filter")],
        help: ArgumentHelp("Analyse only matching packets (pcap-filter syntax).", valueName: "bpf")
    )
    var filter: String?

    @Option(name: .short, help: ArgumentHelp("Stop after this many packets.", valueName: "count"))
    var count: Amount?

    @OptionGroup var outputs: ReportOutputOptions

    @Flag(help: "Also list every connection.")
    var flows = false

    @OptionGroup var extent: ExtentOptions

    @OptionGroup var wanted: SelectionOptions

    @Option(
        help: ArgumentHelp(
            "Exit with 1 if a finding has at least this severity.",
            valueName: "severity"
        )
    )
    var failOn: SeverityName?

    @Option(help: ArgumentHelp("Show times in this time zone.", valueName: "zone"))
    var timeZone: String?

    @Option(help: ArgumentHelp("Maximum number of connections to track.", valueName: "count"))
    var maxFlows = Amount(2_000_000)

    @Option(
        help: ArgumentHelp(
            "Threads to use, 1 or 2 (default: the number of cores).",
            valueName: "count"
        )
    )
    var threads: Int?

    @Flag(name: .short, help: "Show no progress.")
    var quiet = false

    @Flag(name: .short, help: "Show when the report was made, and what the sandbox lacks.")
    var verbose = false

    @OptionGroup var sandboxing: SandboxOptions

    @OptionGroup var logs: LogOptions

    @OptionGroup var configuration: ConfigurationOptions

    @OptionGroup var evidence: EvidenceOptions

    @OptionGroup var text: TextOptions

    func validate() throws {
        if inputs.isEmpty { throw ValidationError("Name a capture file, or - for standard input.") }
        if let (file, words) = Arguments.filter(among: files) {
            let filter = ShownText(foreign: words.joined(separator: " "))
            throw ValidationError(
                "Put a filter after -f: synopsis \(ShownText(foreign: file)) -f '\(filter)'"
            )
        }
        if let timeZone, !TimeZoneName.isKnown(timeZone) {
            throw ValidationError(
                "Unknown time zone '\(ShownText(foreign: timeZone))'. Examples: Europe/Berlin, UTC0, <+03>-3."
            )
        }
        if !outputs.isForPeople, let option = extent.option,
            option != "--incident" || evidence.annotate == nil
        {
            throw ValidationError(
                "\(option) is for text, HTML and Markdown: others hold everything."
            )
        }
        if !outputs.hasText, let option = extent.textOption {
            throw ValidationError("\(option) is for text.")
        }
        if evidence.anonymise, configuration.hosts != nil || wanted.quote {
            let option = wanted.quote ? "--quote" : "--hosts"
            throw ValidationError("\(option) shows what --anonymise hides.")
        }
        if inputs.contains("-"), logs.log.contains("-") {
            throw ValidationError("Standard input can be the capture or a log, not both.")
        }
        if let threads, threads < 1 {
            throw ValidationError("--threads takes a number from 1.")
        }
        if !(1...UInt64(Int32.max)).contains(maxFlows.value) {
            throw ValidationError("--max-flows takes a number from 1 to 2147483647.")
        }
    }

    func run() throws {
        if let timeZone { unsafe setenv("TZ", timeZone, 1) }
        // Else the C library looks at that file again for every time of a log that it converts.
        unsafe setenv("TZ", ":/etc/localtime", 0)
        tzset()
        let generatedAt = try generationTime()
        let knowledge = try configuration.knowledge()
        let key = try evidence.key()
        let files = try outputs.files(beside: inputs + logs.log)
        let annotated = try evidence.file(beside: inputs, isForced: outputs.force)
        if inputs.contains("-"), Output.isTerminal(STDIN_FILENO), !quiet {
            Output.error("synopsis: waiting for a capture on standard input; Ctrl-C ends it\n")
        }
        let pager = files.isEmpty && outputs.hasText && !outputs.noPager ? Pager() : nil
        try confine()
        var analysis = Analysis(
            maxFlows: Int(maxFlows.value),
            collectsHandshakes: flows || outputs.hasConnections,
            selection: wanted.selection,
            knowledge: knowledge,
            instant: logs.instant,
            threads: usedThreads,
            quotesServers: wanted.quote,
            key: key
        )
        ReadingSignals.arm()
        var isHealthy = analysis.read(
            inputs,
            filter: filter,
            limit: count?.value,
            progress: quiet ? nil : Progress.onTerminal
        )
        if analysis.isEmpty, Interruption.isRequested {
            throw ExitStatus(code: ReadingSignals.quit)
        }
        ReadingSignals.disarm()
        let isReadable = !analysis.isEmpty
        var report = analysis.finish()
        report.generatedAt = generatedAt
        let readsLogs = isReadable && (key == nil || evidence.logKeep)
        let (isWhole, lines) = readsLogs ? logs.read(beside: report.window) : (true, nil)
        if let lines { report.merge(lines) }
        isHealthy = isHealthy && isWhole
        try deliver(report, to: files, through: pager, withText: isReadable)
        if let annotated, isReadable { try annotate(report, in: annotated, by: key) }
        let isGrave = failOn.map { wanted in report.gravest.map { $0 >= wanted.severity } ?? false }
        // All that was analysed goes with the process: to free it piece by piece would only take
        // time.
        Glibc.exit(!isHealthy ? Program.failure : isGrave == true ? 1 : 0)
    }

    /// The files of the command line, or standard input where something comes from there.
    private var inputs: [String] {
        let named = moreFiles + files
        return named.isEmpty && Arguments.hasInput ? ["-"] : named
    }

    /// Gives up what reading files does not take, before any of a stranger's is opened.
    private func confine() throws(ExitStatus) {
        var sandbox = Sandbox()
        sandbox.readable = inputs + logs.log
        sandbox.writable = outputs.outputs + (evidence.annotate.map { [$0] } ?? [])
        do throws(Privileges.Fault) {
            if !sandboxing.noSandbox { try Privileges.reduceToFiles() }
        } catch {
            Output.error("synopsis: privileges cannot be given up: \(foreign: "\(error)")\n")
            throw ExitStatus(code: Program.failure)
        }
        for line in sandboxing.enter(sandbox) where verbose { Output.error("synopsis: \(line)\n") }
    }

    /// Reads the capture again, and writes its packets with what they prove.
    ///
    /// - Throws: when it cannot be written, or is another one by now, which is said.
    private func annotate(
        _ report: Report,
        in file: OutputFile,
        by key: AnonymityKey?
    ) throws(ExitStatus) {
        let incidents = try incidents(of: report)
        var copy = CaptureCopy(inputs: inputs, filter: filter, key: key)
        copy.limit = report.tally.packets
        copy.comment = IncidentComment.text(on: incidents)
        copy.selection = EvidenceSelection(
            incidents,
            takesAll: evidence.annotateAll,
            origin: report.origin
        )
        var outcome = CaptureCopy.Outcome()
        try file.write { write throws(ExitStatus) in outcome = try copy.run(write) }
        guard outcome.read == report.tally.packets else {
            Output.error(
                "synopsis: \(foreign: file.path): is not whole: the capture changed while it was read\n"
            )
            throw ExitStatus(code: Program.failure)
        }
    }

    /// The incidents that are written down: all of them, or those of one line of the overview.
    private func incidents(of report: Report) throws(ExitStatus) -> [Incident] {
        guard let line = extent.incident else { return report.incidents }
        let lines = report.overviewLines
        guard lines.indices.contains(line - 1) else { throw noIncident(line, among: lines.count) }
        return lines[line - 1]
    }

    private var usedThreads: Int { threads ?? PrefetchThread.processors }

    /// Writes the report to all outputs; to those for people only where there is something to read.
    private func deliver(
        _ report: Report,
        to files: [(file: OutputFile, format: Format)],
        through pager: Pager?,
        withText hasText: Bool
    ) throws(ExitStatus) {
        if files.isEmpty, hasText || !outputs.isForPeople {
            let format = outputs.format ?? .text
            let parts = try parts(of: report, as: format, style: text.style)
            try parts { octets throws(ExitStatus) in
                try Pager.show(octets, through: format == .text ? pager : nil)
            }
        }
        for (file, format) in files where hasText || !format.isForPeople {
            try file.write(try parts(of: report, as: format, style: text.fileStyle))
        }
    }

    /// What makes the report in a format.
    private func parts(
        of report: Report,
        as format: Format,
        style: Style
    ) throws(ExitStatus) -> OutputFile.Parts {
        var report = report
        // They may have been collected for the table of connections alone.
        if !flows, format != .csv { report.handshakes = nil }
        switch format {
        case .json:
            return { write throws(ExitStatus) in
                try JSONReport(report).write(threads: usedThreads, to: write)
            }
        case .ndjson:
            return { write throws(ExitStatus) in
                try EventLines(report).write(to: write)
            }
        case .csv:
            return { write throws(ExitStatus) in
                try ConnectionTable(report).write(to: write)
            }
        case .html, .markdown, .text:
            let words = try words(of: report, as: format, style: style)
            return { write throws(ExitStatus) in try write(Array(words.utf8)) }
        }
    }

    /// What a person reads.
    ///
    /// - Throws: when there is no such incident as was asked for, which is said.
    private func words(
        of report: Report,
        as format: Format,
        style: Style
    ) throws(ExitStatus) -> String {
        let shown = TextReport(report, style: style, extent: extent.extent)
        if let line = extent.incident, line > shown.lineCount {
            throw noIncident(line, among: shown.lineCount)
        }
        switch format {
        case .html: return HTMLReport(report, extent: extent.extent).text
        case .markdown: return MarkdownReport(report, extent: extent.extent).text
        case .text, .json, .ndjson, .csv:
            return extent.statistics ? shown.statistics : shown.text
        }
    }

    /// Says that there is no such line in the overview.
    private func noIncident(_ line: Int, among count: Int) -> ExitStatus {
        let lines = Wording.count(count, "line")
        Output.error(
            "synopsis: there is no incident \(line): the overview has \(foreign: lines)\n"
        )
        return ExitStatus(code: Program.failure)
    }

    /// SOURCE_DATE_EPOCH, or now with `-v`: else the same input gives the same report.
    private func generationTime() throws(ExitStatus) -> Int64? {
        guard let epoch = Output.environment("SOURCE_DATE_EPOCH") else {
            return verbose ? Int64(time(nil)) * 1_000_000_000 : nil
        }
        let product = Int64(epoch)?.multipliedReportingOverflow(by: 1_000_000_000)
        guard let product, !product.overflow else {
            Output.error(
                "synopsis: SOURCE_DATE_EPOCH is not a usable number of seconds: '\(foreign: epoch)'\n"
            )
            throw ExitStatus(code: Program.failure)
        }
        return product.partialValue
    }
}
