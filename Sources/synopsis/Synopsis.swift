import ArgumentParser
import Glibc
import Tracking

/// The command line.
struct Synopsis: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "synopsis",
        abstract:
            "Says in plain sentences why TCP connections fail to come up, with the packets that prove it.",
        version: Version.text,
        subcommands: [
            Analyze.self, LiveCommand.self, InterfacesCommand.self, Explain.self,
            SchemaCommand.self,
        ],
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
            Output.error("\(Help.firstSteps)")
            exit(failure)
        }
        if [["--help"], ["-h"], ["help"]].contains(arguments) {
            exit((try? Output.standard(Help.terminal)) == nil ? failure : 0)
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
            Output.error("\(Self.shown(message, quoting: arguments))\n")
            exit(failure)
        }
    }
}

extension Program {
    /// A message of the argument parser, in which it quotes arguments as they were given: no line in it is theirs.
    static func shown(_ message: String, quoting arguments: [String]) -> ShownText {
        var message = message
        for argument in arguments {
            for part in [argument[...], argument.drop { $0 != "=" }.dropFirst()] where !part.isEmpty
            {
                let clean = ShownText(foreign: String(part)).text
                if clean != part { message = message.replacing(part, with: clean) }
            }
        }
        let lines = message.split(separator: "\n", omittingEmptySubsequences: false)
        return ShownText(lines: lines.map { ShownText(foreign: String($0)) })
    }
}

/// An end of the program that is no error in its usage.
struct ExitStatus: Error {
    let code: Int32
}
