import ArgumentParser
import Diagnosing
import Tracking

/// Which findings are wanted.
struct SelectionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Look only for this pathology (repeatable).", valueName: "pathology")
    )
    var only: [String] = []

    @Option(
        help: ArgumentHelp("Do not look for this pathology (repeatable).", valueName: "pathology")
    )
    var ignore: [String] = []

    @Option(
        help: ArgumentHelp(
            "Leave out findings below note, warning or error.",
            valueName: "severity"
        )
    )
    var minSeverity = SeverityName.note

    func validate() throws {
        for id in only + ignore where Catalog.detector(named: id) == nil {
            throw ValidationError(
                "There is no pathology '\(ShownText(foreign: id))'; 'synopsis explain' lists them."
            )
        }
    }

    var selection: Diagnosis.Selection {
        var selection = Diagnosis.Selection()
        selection.only = Set(only)
        selection.ignored = Set(ignore)
        selection.leastSeverity = minSeverity.severity
        return selection
    }
}
