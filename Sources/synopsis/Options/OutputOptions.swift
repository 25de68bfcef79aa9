import ArgumentParser
import Diagnosing
import Glibc
import Reporting

/// The formats of a report.
enum Format: String, ExpressibleByArgument, CaseIterable {
    case text
    case json
}

/// A severity as the command line names it.
enum SeverityName: String, ExpressibleByArgument, CaseIterable {
    case note
    case warning
    case error

    var severity: Severity {
        switch self {
        case .note: .note
        case .warning: .warning
        case .error: .error
        }
    }
}

/// When colours are used.
enum ColorChoice: String, ExpressibleByArgument, CaseIterable {
    case auto
    case always
    case never

    /// Follows NO_COLOR and TERM (no-color.org) where it is left to us.
    var isColored: Bool {
        switch self {
        case .always: true
        case .never: false
        case .auto:
            Output.isTerminal(STDOUT_FILENO) && Output.environment("NO_COLOR") == nil
                && Output.environment("TERM") != "dumb"
        }
    }
}

/// Options that all commands with a text for people share.
struct TextOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Colours: auto, always or never (NO_COLOR is heeded).",
            valueName: "when"
        )
    )
    var color = ColorChoice.auto

    var style: Style {
        let width = Output.terminalWidth.map { min(max($0, 80), 160) }
        return Style(width: width ?? 120, isColored: color.isColored)
    }
}
