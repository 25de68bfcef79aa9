import ArgumentParser
import Diagnosing
import Reporting
import Tracking

/// Which findings are wanted.
struct SelectionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Report only these pathologies (repeatable, or a,b).",
            valueName: "pathology"
        )
    )
    var only: [String] = []

    @Option(
        help: ArgumentHelp(
            "Do not report these pathologies (repeatable, or a,b).",
            valueName: "pathology"
        )
    )
    var ignore: [String] = []

    @Option(
        help: ArgumentHelp(
            "Least severity to report: note, warning or error.",
            valueName: "severity"
        )
    )
    var minSeverity = SeverityName.note

    @Flag(help: "Show up to 80 characters of what a server said when it turned a client away.")
    var quote = false

    func validate() throws {
        for word in Self.words(only + ignore) where Suggestion.pathology(word) == nil {
            throw ValidationError(Suggestion.complaint(aboutPathology: word).text)
        }
    }

    var selection: Diagnosis.Selection {
        var selection = Diagnosis.Selection()
        selection.only = Set(Self.words(only).compactMap(Suggestion.pathology))
        selection.ignored = Set(Self.words(ignore).compactMap(Suggestion.pathology))
        selection.leastSeverity = minSeverity.severity
        return selection
    }

    private static func words(_ lists: [String]) -> [String] {
        lists.flatMap { list in
            let words = list.split(separator: ",").map(String.init)
            return words.isEmpty ? [list] : words
        }
    }
}
