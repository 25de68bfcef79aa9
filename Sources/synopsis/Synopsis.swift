import ArgumentParser
import Glibc

/// The command line.
struct Synopsis: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "synopsis",
        abstract:
            "Says in plain sentences why TCP connections fail to come up, with the packets that prove it.",
        usage:
            "synopsis FILE... [options]\n       synopsis explain [PATHOLOGY]\n       synopsis schema [report|event]",
        discussion: """
            EXAMPLES
              synopsis nfs.pcap                            the diagnosis of a capture
              ssh host tcpdump -U -w - | synopsis -        of a remote host, as it is captured
              synopsis nfs.pcap --format json | jq .incidents[].incident.verdict

            Exit status: 0 analysed; 1 findings reached --fail-on; 2 wrong usage, or the input could not be read to
            its end (what could be read is reported).
            """,
        version: version,
        subcommands: [Analyze.self, Explain.self, SchemaCommand.self],
        defaultSubcommand: Analyze.self
    )
}

/// The entry point: maps every outcome to the documented exit status.
@main
enum Program {
    /// Wrong usage, or an input that could not be read to its end.
    static let failure: Int32 = 2

    static func main() {
        // A reader that has seen enough (`| head`) is a normal end.
        _ = signal(SIGPIPE, SIG_DFL)
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments.isEmpty {
            Output.error(firstSteps)
            exit(failure)
        }
        do {
            var command = try Synopsis.parseAsRoot(arguments)
            try command.run()
        } catch let status as ExitStatus {
            exit(status.code)
        } catch {
            let code = Synopsis.exitCode(for: error)
            let message = Synopsis.fullMessage(for: error)
            if code.isSuccess {
                exit((try? Output.standard(message + "\n")) == nil ? failure : 0)
            }
            Output.error(message + "\n")
            exit(failure)
        }
    }

    /// What a first run without arguments says.
    private static let firstSteps = """
        synopsis reads a packet capture and says why TCP connections fail to come up.

          synopsis FILE...          analyse capture files (pcap or pcapng)
          tcpdump -U -w - | synopsis -
                                    analyse what another program captures
          synopsis explain          the catalogue of what it finds
          synopsis --help           everything else

        """
}

/// An end of the program that is no error in its usage.
struct ExitStatus: Error {
    let code: Int32
}
