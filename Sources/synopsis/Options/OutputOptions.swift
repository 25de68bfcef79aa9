import ArgumentParser
import Diagnosing
import Glibc
import Reporting

/// The formats of a report.
enum Format: String, ExpressibleByArgument, CaseIterable {
    case text
    case json
    case ndjson
    case html
    case markdown
    case csv

    private static let suffixes: [String: Format] = [
        "txt": .text, "json": .json, "ndjson": .ndjson, "jsonl": .ndjson, "html": .html,
        "htm": .html, "md": .markdown, "markdown": .markdown, "csv": .csv,
    ]

    /// As the command line names it; `md` for short.
    init?(argument: String) {
        self.init(rawValue: argument == "md" ? "markdown" : argument)
    }

    /// Whether a person reads it: then only the worst incidents are described.
    var isForPeople: Bool { [.text, .html, .markdown].contains(self) }
    /// Suffixes of formats that are not written: a text by such a name would deceive.
    private static let others: Set<String> = [
        "pcapng", "xml", "pdf", "yaml", "yml", "xlsx", "docx",
    ]

    /// Which format a file's name asks for; `nil` where it asks for none.
    static func named(by path: String) -> Format? { suffix(of: path).flatMap { suffixes[$0] } }

    /// The suffix of a file's name, if that promises a format which is not written.
    static func unwritten(by path: String) -> String? {
        suffix(of: path).flatMap { others.contains($0) ? $0 : nil }
    }

    private static func suffix(of path: String) -> String? {
        let name = path.split(separator: "/").last ?? ""
        guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return nil }
        return name[name.index(after: dot)...].lowercased()
    }
}

/// A severity as the command line names it.
enum SeverityName: String, ExpressibleByArgument, CaseIterable {
    case note
    case warning
    case error

    init?(argument: String) {
        switch argument.lowercased() {
        case "note", "notes", "info": self = .note
        case "warning", "warnings", "warn": self = .warning
        case "error", "errors", "err": self = .error
        default: return nil
        }
    }

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
            "Colours: auto, always or never (NO_COLOR is honoured).",
            valueName: "when"
        )
    )
    var color = ColorChoice.auto

    @Option(
        help: ArgumentHelp(
            "Width of the page, at least 80 (default: COLUMNS, the terminal, or 100).",
            valueName: "columns"
        )
    )
    var width: Int?

    @Flag(help: "Show addresses and ports in every row, as tshark does; never break a row.")
    var wide = false

    func validate() throws {
        if let width, width < Style.leastWidth {
            throw ValidationError("--width takes a number from \(Style.leastWidth).")
        }
    }

    var style: Style {
        let columns = width ?? Output.environment("COLUMNS").flatMap { Int($0) }
        return Style(
            width: max(columns ?? Output.terminalWidth ?? Style.usualWidth, Style.leastWidth),
            isColored: color.isColored,
            isWide: wide,
            isASCII: !Output.isUTF8
        )
    }

    /// For a file, whatever the terminal is like.
    var fileStyle: Style {
        Style(width: width ?? Style.usualWidth, isColored: color == .always, isWide: wide)
    }
}
