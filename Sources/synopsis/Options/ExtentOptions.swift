import ArgumentParser
import Reporting

/// How much of a report is shown to people.
struct ExtentOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Describe the first lines of the overview.", valueName: "count")
    )
    var top: Int?

    @Flag(help: "Describe every incident, and do not fold timelines.")
    var all = false

    @Flag(help: "Titles, verdicts, causes and checks only: what one pastes into a ticket.")
    var short = false

    @Option(
        help: ArgumentHelp(
            "Describe what one line of the overview stands for.",
            valueName: "number"
        )
    )
    var incident: Int?

    @Flag(help: "Only count connections and incidents of each pathology.")
    var statistics = false

    func validate() throws {
        if let top, top < 1 { throw ValidationError("--top takes a number from 1.") }
        if let incident, incident < 1 {
            throw ValidationError("--incident takes a number from 1, as the overview has it.")
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
