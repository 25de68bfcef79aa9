import ArgumentParser
import Diagnosing
import Glibc
import Reporting
import Tracking

/// Prints the catalogue, or the manual page of one pathology.
struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List all pathologies, or show the manual page of one.",
        discussion:
            "synopsis explain syn-burst --capture example.pcap also writes its example as a capture."
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

    @Option(help: "text, json or markdown.")
    var format = ManualFormat.text

    @OptionGroup var text: TextOptions

    /// The formats of the catalogue and of its pages.
    enum ManualFormat: String, ExpressibleByArgument, CaseIterable {
        case text
        case json
        case markdown
    }

    func validate() throws {
        if capture != nil, pathology == nil {
            throw ValidationError("--capture needs the id of a pathology.")
        }
        if topic != nil, pathology != nil {
            throw ValidationError("--topic prints an article, not a pathology.")
        }
    }

    func run() throws {
        if let topic { return try Output.standard(topic.article) }
        let handbook = Handbook(style: text.style)
        guard let pathology else {
            switch format {
            case .text: try Output.standard(handbook.catalogue)
            case .json: try Output.standard(Handbook.json)
            case .markdown: try Output.standard(Handbook.table)
            }
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
        }
        try file?.write { write throws(ExitStatus) in
            try write(manual.example.pcap)
        }
    }
}
