import ArgumentParser
import Reporting

/// How much of a report is shown to people.
struct ExtentOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Describe this many lines of the overview (default: 10).",
            valueName: "count"
        )
    )
    var top: Int?

    @Flag(help: "Describe every incident, and do not fold timelines.")
    var all = false

    @Flag(help: "Only titles, verdicts, causes and checks: the text for a ticket.")
    var short = false

    @Option(
        help: ArgumentHelp(
            "Describe only this line of the overview.",
            valueName: "number"
        )
    )
    var incident: Int?

    @Flag(help: "Only count connections, and incidents by pathology.")
    var statistics = false

    func validate() throws {
        if let top, top < 1 { throw ValidationError("--top takes a number from 1.") }
        if let incident, incident < 1 {
            throw ValidationError("--incident takes a number from the overview, from 1.")
        }
    }

    /// The first option that was given, which only a report for people can follow.
    var option: String? {
        let given = [("--top", top != nil), ("--incident", incident != nil)]
        return given.first { $0.1 }?.0 ?? textOption
    }

    /// The first option that was given, which only a text can follow.
    var textOption: String? {
        let given = [("--short", short), ("--statistics", statistics)]
        return given.first { $0.1 }?.0
    }

    var extent: Extent {
        Extent(top: top ?? 10, showsAll: all, isShort: short, line: incident)
    }
}
