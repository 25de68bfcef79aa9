import ArgumentParser
import Diagnosing
import Glibc
import Reporting
import Tracking

/// Prints the catalogue, or the manual page of one pathology.
struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The catalogue of pathologies, or the manual page of one.",
        discussion:
            "synopsis explain syn-burst --capture example.pcap also writes its example as a capture."
    )

    @Argument(help: "A pathology's id; without it, the catalogue.")
    var pathology: String?

    @Option(help: ArgumentHelp("Write the example as a pcap file.", valueName: "file"))
    var capture: String?

    @Flag(help: "Overwrite a file although it is a capture.")
    var force = false

    @OptionGroup var text: TextOptions

    func validate() throws {
        if capture != nil, pathology == nil {
            throw ValidationError("--capture writes the example of a pathology: name one.")
        }
    }

    func run() throws {
        let handbook = Handbook(style: text.style)
        guard let pathology else {
            try Output.standard(handbook.catalogue)
            return
        }
        guard let manual = Catalog.detector(named: pathology)?.manual else {
            Output.error(
                "synopsis: there is no pathology '\(foreign: pathology)'; 'synopsis explain' lists them\n"
            )
            throw ExitStatus(code: Program.failure)
        }
        let file = try capture.map { path throws(ExitStatus) in
            try Output.file(path, beside: [], isForced: force)
        }
        try Output.standard(handbook.page(manual))
        try file?.write { write throws(ExitStatus) in
            try write(manual.example.pcap)
        }
    }
}
