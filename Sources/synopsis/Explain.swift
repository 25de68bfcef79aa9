import ArgumentParser
import Diagnosing
import Glibc
import Reporting
import Tracking

/// Prints the catalogue, or the manual page of one pathology.
struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List all pathologies, or show the manual page of one.",
        discussion: """
            synopsis explain syn-burst --capture example.pcap also writes its example as a capture. \
            synopsis explain --all --format html is the handbook as one page.
            """
    )

    @Argument(help: "Id of a pathology; without it, list all.")
    var pathology: String?

    @Option(help: ArgumentHelp("Write the example as a pcap file.", valueName: "file"))
    var capture: String?

    @Flag(help: "Overwrite a file even if it is a capture.")
    var force = false

    @Option(
        help: "An article instead: \(Topic.allCases.map(\.rawValue).joined(separator: ", "))."
    )
    var topic: Topic?

    @Flag(help: "The manual pages of all pathologies: the handbook.")
    var all = false

    @Option(help: "text, json, markdown or html.")
    var format = ManualFormat.text

    @OptionGroup var text: TextOptions

    /// The formats of the catalogue and of its pages.
    enum ManualFormat: String, ExpressibleByArgument, CaseIterable {
        case text
        case json
        case markdown
        case html
    }

    func validate() throws {
        if capture != nil, pathology == nil {
            throw ValidationError("--capture needs the id of a pathology.")
        }
        if topic != nil, pathology != nil {
            throw ValidationError("--topic prints an article, not a pathology.")
        }
        if all, pathology != nil {
            throw ValidationError("Name a pathology, or --all of them.")
        }
    }

    func run() throws {
        if let topic { return try Output.standard(topic.article) }
        let handbook = Handbook(style: text.style)
        guard let pathology else {
            try Output.standard(all ? pages(handbook) : catalogue(handbook))
            return
        }
        let id = Suggestion.pathology(pathology)
        guard let manual = id.flatMap({ Catalog.detector(named: $0)?.manual }) else {
            Output.error("synopsis: \(Suggestion.complaint(aboutPathology: pathology))\n")
            throw ExitStatus(code: Program.failure)
        }
        let file = try capture.map { path throws(ExitStatus) in
            try Output.file(path, beside: [], isForced: force)
        }
        switch format {
        case .text: try Output.standard(handbook.page(manual))
        case .json: try Output.standard(Handbook.json(manual))
        case .markdown: try Output.standard(handbook.markdown(manual))
        case .html: try Output.standard(Handbook.html([manual]))
        }
        try file?.write { write throws(ExitStatus) in
            try write(manual.example.pcap)
        }
    }

    /// All pathologies, a line each; as HTML, where a line leads to its page, with all pages.
    private func catalogue(_ handbook: Handbook) -> String {
        switch format {
        case .text: handbook.catalogue
        case .json: Handbook.json
        case .markdown: Handbook.table
        case .html: Handbook.html()
        }
    }

    /// All manual pages.
    private func pages(_ handbook: Handbook) -> String {
        switch format {
        case .text: Catalog.manuals.map(handbook.page).joined(separator: "\n\n")
        case .json: Handbook.json
        case .markdown: Catalog.manuals.map(handbook.markdown).joined(separator: "\n")
        case .html: Handbook.html()
        }
    }
}
