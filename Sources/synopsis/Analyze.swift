import ArgumentParser
import Diagnosing
import Glibc
import Reporting
import Tracking

/// Analyses capture files: the main job.
struct Analyze: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Analyse capture files (the default command)."
    )

    @Argument(
        help: ArgumentHelp(
            "Capture files: pcap or pcapng, as they are or compressed; - for standard input.",
            valueName: "file"
        )
    )
    var files: [String]

    @Option(
        name: [.customShort("f"), .customLong("filter")],
        help: ArgumentHelp("Only packets that match (pcap-filter syntax).", valueName: "bpf")
    )
    var filter: String?

    @Option(name: .short, help: ArgumentHelp("Stop after so many packets.", valueName: "count"))
    var count: UInt64?

    @Option(help: "text or json.")
    var format = Format.text

    @Option(
        name: .customShort("o"),
        help: ArgumentHelp("Write the report to a file.", valueName: "file")
    )
    var output: String?

    @Flag(help: "Overwrite the file of -o although it is a capture.")
    var force = false

    @Flag(help: "List every connection too.")
    var flows = false

    @Flag(help: "Do not fold long timelines.")
    var all = false

    @OptionGroup var wanted: SelectionOptions

    @Option(
        help: ArgumentHelp("Exit with 1 if a finding is at least so severe.", valueName: "severity")
    )
    var failOn: SeverityName?

    @Option(help: ArgumentHelp("Show times in this zone, as TZ names it.", valueName: "zone"))
    var timeZone: String?

    @Option(help: ArgumentHelp("Follow at most so many connections at a time.", valueName: "count"))
    var maxFlows = 2_000_000

    @Option(
        help: ArgumentHelp(
            "Read one file ahead on a thread of its own: 1 or 2 (default: as there are cores).",
            valueName: "count"
        )
    )
    var threads: Int?

    @Flag(name: .short, help: "No progress line, only the report.")
    var quiet = false

    @Flag(name: .short, help: "Say when the report was made.")
    var verbose = false

    @OptionGroup var logs: LogOptions

    @OptionGroup var text: TextOptions

    func validate() throws {
        if files.isEmpty { throw ValidationError("Name a capture file, or - for standard input.") }
        if let timeZone, !TimeZoneName.isKnown(timeZone) {
            throw ValidationError(
                "There is no time zone '\(ShownText(foreign: timeZone))'; Europe/Berlin, UTC0 or <+03>-3 would be some."
            )
        }
        if files.contains("-"), logs.log.contains("-") {
            throw ValidationError("Standard input is the capture or a log, not both.")
        }
        if let threads, threads < 1 {
            throw ValidationError("--threads takes a number from 1.")
        }
        if maxFlows < 1 { throw ValidationError("--max-flows takes a number from 1.") }
    }

    func run() throws {
        if let timeZone { unsafe setenv("TZ", timeZone, 1) }
        // Else the C library looks at that file again for every time of a log that it converts.
        unsafe setenv("TZ", ":/etc/localtime", 0)
        tzset()
        let generatedAt = try generationTime()
        let file = try output.map { path throws(ExitStatus) in
            try Output.file(path, beside: files + logs.log, isForced: force)
        }
        var analysis = Analysis(
            maxFlows: maxFlows,
            collectsHandshakes: flows,
            selection: wanted.selection,
            instant: logs.instant,
            threads: usedThreads
        )
        var isHealthy = try analysis.read(
            files,
            filter: filter,
            limit: count,
            progress: quiet ? nil : Progress.onTerminal
        )
        var report = analysis.finish()
        report.generatedAt = generatedAt
        let (isWhole, lines) = logs.read(beside: report.window)
        if let lines { report.merge(lines) }
        isHealthy = isHealthy && isWhole
        try deliver(report, to: file)
        let isGrave = failOn.map { wanted in report.gravest.map { $0 >= wanted.severity } ?? false }
        // All that was analysed goes with the process: to free it piece by piece would only take
        // time.
        Glibc.exit(!isHealthy ? Program.failure : isGrave == true ? 1 : 0)
    }

    private var usedThreads: Int { threads ?? PrefetchThread.processors }

    private func deliver(_ report: Report, to file: OutputFile?) throws {
        var style = text.style
        if output != nil { style = Style(isColored: text.color == .always) }
        let parts: OutputFile.Parts = { write throws(ExitStatus) in
            switch format {
            case .text:
                try write(Array(TextReport(report, style: style, showsAll: all).text.utf8))
            case .json: try JSONReport(report).write(threads: usedThreads, to: write)
            }
        }
        if let file {
            try file.write(parts)
        } else {
            try parts { octets throws(ExitStatus) in try Output.standard(octets) }
        }
    }

    /// SOURCE_DATE_EPOCH, or now with `-v`: else the same input gives the same report.
    private func generationTime() throws(ExitStatus) -> Int64? {
        guard let epoch = Output.environment("SOURCE_DATE_EPOCH") else {
            return verbose ? Int64(time(nil)) * 1_000_000_000 : nil
        }
        let product = Int64(epoch)?.multipliedReportingOverflow(by: 1_000_000_000)
        guard let product, !product.overflow else {
            Output.error(
                "synopsis: SOURCE_DATE_EPOCH is no usable number of seconds: '\(foreign: epoch)'\n"
            )
            throw ExitStatus(code: Program.failure)
        }
        return product.partialValue
    }
}
