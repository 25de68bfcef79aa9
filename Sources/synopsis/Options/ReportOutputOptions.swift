import ArgumentParser
import Reporting
import Tracking

/// What is written of a report, and where.
struct ReportOutputOptions: ParsableArguments {
    @Option(
        help: """
            text; html, a page with ladders; markdown, for a ticket; csv, a line a connection; json; or ndjson, an \
            event a line. Without it, as the name of -o ends.
            """
    )
    var format: Format?

    @Option(
        name: .customShort("o"),
        help: ArgumentHelp(
            "Write the report to a file; .txt, .html, .md, .csv, .json or .ndjson says how (repeatable).",
            valueName: "file"
        )
    )
    var outputs: [String] = []

    @Flag(help: "Overwrite an -o file even if it is a capture.")
    var force = false

    @Flag(help: "Do not use a pager (PAGER, or less).")
    var noPager = false

    func validate() throws {
        if Set(outputs).count != outputs.count {
            throw ValidationError("Each file of -o can be named once.")
        }
        for path in outputs where format == nil {
            if let suffix = Format.unwritten(by: path) {
                throw ValidationError(
                    """
                    '\(ShownText(foreign: path))': \(suffix) is not written; .txt, .html, .md, .csv, .json and .ndjson are, and \
                    --format says what to write whatever the name
                    """
                )
            }
        }
    }

    /// Whether any of the report is written as text.
    var hasText: Bool { formats.contains(.text) }

    /// Whether any of the report is written for people.
    var isForPeople: Bool { formats.contains(where: \.isForPeople) }

    /// Whether every connection is listed.
    var hasConnections: Bool { formats.contains(.csv) }

    private var formats: [Format] {
        outputs.isEmpty ? [format ?? .text] : outputs.map(self.format(of:))
    }

    private func format(of path: String) -> Format { format ?? Format.named(by: path) ?? .text }

    /// The files that are to be written, each in its format.
    ///
    /// - Throws: when one of them must not be, which is said.
    func files(beside inputs: [String]) throws(ExitStatus) -> [(file: OutputFile, format: Format)] {
        var files: [(file: OutputFile, format: Format)] = []
        for path in outputs {
            let file = try Output.file(path, beside: inputs, isForced: force)
            files.append((file, format(of: path)))
        }
        return files
    }
}
