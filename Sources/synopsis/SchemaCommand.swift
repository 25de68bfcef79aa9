import ArgumentParser
import Reporting

/// Prints the JSON Schema of what `--format json` writes.
struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "The JSON Schema (2020-12) of the report and of its events."
    )

    enum Part: String, ExpressibleByArgument, CaseIterable {
        case report
        case event
        case all
        case knownIssue = "known-issue"
    }

    @Argument(help: "report, event, all (one document that admits either), or known-issue.")
    var part = Part.all

    func run() throws {
        switch part {
        case .report: try Output.standard(Schemas.wholeReport + "\n")
        case .event: try Output.standard(Schemas.event + "\n")
        case .knownIssue: try Output.standard(Schemas.knownIssue + "\n")
        case .all: try Output.standard(Schemas.bundle + "\n")
        }
    }
}
