import ArgumentParser
import Glibc
import Live
import Reporting
import Tracking

/// Makes a whole capture fit to be shown.
struct AnonymiseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "anonymise",
        abstract: "Write a capture with other addresses and names, and without payload.",
        discussion: """
            The diagnosis stays the same. 'synopsis explain --topic evidence' says what is replaced, what is cut off, and \
            what stays: times, sizes, ports and TCP's numbers.
            """,
        aliases: ["anonymize"]
    )

    @Argument(
        help: ArgumentHelp(
            "The capture, pcap or pcapng, plain or compressed; - for standard input.",
            valueName: "in"
        )
    )
    var input: String

    @Argument(help: ArgumentHelp("The pcapng file to write.", valueName: "out"))
    var output: String

    @OptionGroup var secret: AnonymityKeyOptions

    @Option(
        name: [.customShort("f"), .customLong("filter")],
        help: ArgumentHelp("Write only matching packets (pcap-filter syntax).", valueName: "bpf")
    )
    var filter: String?

    @Option(name: .short, help: ArgumentHelp("Stop after this many packets.", valueName: "count"))
    var count: Amount?

    @Flag(help: "Overwrite the file even if it is a capture.")
    var force = false

    @OptionGroup var sandboxing: SandboxOptions

    func run() throws {
        let key = try secret.key()
        let file = try Output.file(output, beside: [input], isForced: force)
        try confine()
        ReadingSignals.arm()
        var copy = CaptureCopy(inputs: [input], filter: filter, key: key)
        copy.limit = count?.value ?? .max
        var outcome = CaptureCopy.Outcome()
        try file.write { write throws(ExitStatus) in
            outcome = try copy.run(write)
            // Nothing could be read: then nothing is written either.
            if outcome.read == 0, let complaint = outcome.complaints.first {
                Output.error("synopsis: \(complaint.shown)\n")
                throw ExitStatus(code: Program.failure)
            }
        }
        for complaint in outcome.complaints { Output.error("synopsis: \(complaint.shown)\n") }
        guard outcome.complaints.isEmpty, !Interruption.isRequested else {
            throw ExitStatus(code: Program.failure)
        }
    }

    /// Gives up what reading one file and writing another does not take.
    private func confine() throws(ExitStatus) {
        var sandbox = Sandbox()
        sandbox.readable = [input]
        sandbox.writable = [output]
        do throws(Privileges.Fault) {
            if !sandboxing.noSandbox { try Privileges.reduceToFiles() }
        } catch {
            Output.error("synopsis: privileges cannot be given up: \(foreign: "\(error)")\n")
            throw ExitStatus(code: Program.failure)
        }
        _ = sandboxing.enter(sandbox)
    }
}
