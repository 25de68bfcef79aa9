import ArgumentParser
import Glibc
import Tracking

/// The command line.
struct Synopsis: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "synopsis",
        abstract:
            "Explains why TCP connections fail, with the packets that prove it.",
        version: Version.text,
        subcommands: [
            Analyze.self, LiveCommand.self, InterfacesCommand.self, Explain.self,
            AnonymiseCommand.self, SchemaCommand.self,
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
        var arguments = Array(CommandLine.arguments.dropFirst())
        if arguments.isEmpty {
            guard Arguments.hasInput else {
                Output.error("\(Help.firstSteps)")
                exit(failure)
            }
            arguments = ["-"]
        }
        if [["--help"], ["-h"], ["help"]].contains(arguments) {
            exit((try? Output.standard(Help.terminal)) == nil ? failure : 0)
        }
        do {
            try Arguments.checkCommand(arguments)
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
            Output.error("\(Self.shown(Self.complaint(message), quoting: arguments))\n")
            exit(failure)
        }
    }
}

extension Program {
    /// A message of the argument parser in the words of all other complaints: without the usage,
    /// which it repeats.
    static func complaint(_ message: String) -> String {
        let lines = message.split(separator: "\n").map(String.init)
        let words = lines.prefix { !$0.hasPrefix("Usage:") && !$0.hasPrefix("Help:") }
        let hint = lines.last { $0.contains("See 'synopsis") }.map { line in
            String(line.drop { $0 == " " })
        }
        // Of many choices the parser makes a list, a line each.
        let choices = words.filter { $0.hasPrefix("  - ") }.map { String($0.dropFirst(4)) }
        let sentence = words.filter { !$0.hasPrefix("  - ") && !$0.isEmpty }
            .joined(separator: "\n")
        let text =
            choices.isEmpty ? sentence : "\(sentence) \(choices.joined(separator: ", "))"
        let prefix = "Error: "
        let complaint = text.hasPrefix(prefix) ? "synopsis: " + text.dropFirst(prefix.count) : text
        return ([complaint] + (hint.map { [$0] } ?? [])).joined(separator: "\n")
    }

    /// A message of the argument parser, in which it quotes arguments as they were given: no line
    /// in it is theirs.
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
