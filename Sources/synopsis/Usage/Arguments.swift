import Glibc
import Reporting
import Tracking

/// The words of the command line, before the option parser has them.
enum Arguments {
    private static let commands = [
        "analyze", "analyse", "live", "interfaces", "explain", "anonymise", "anonymize", "schema",
        "help",
    ]
    /// Words of filters, which other tools take behind the file.
    private static let filterWords: Set<String> = [
        "port", "host", "net", "tcp", "udp", "icmp", "icmp6", "ip", "ip6", "arp", "vlan", "src",
        "dst",
        "and", "or", "not", "portrange", "ether", "proto",
    ]

    /// Refuses a first word that is neither a command nor a file.
    ///
    /// - Throws: when it is not, and what may have been meant is said.
    static func checkCommand(_ arguments: [String]) throws(ExitStatus) {
        guard let word = arguments.first, isWord(word), !commands.contains(word), !exists(word)
        else { return }
        let hint = Suggestion.hint(
            for: word,
            among: commands,
            otherwise: "; 'synopsis --help' names the commands"
        )
        Output.error(
            "synopsis: there is no command '\(foreign: word)', and no file of that name\(hint)\n"
        )
        throw ExitStatus(code: Program.failure)
    }

    /// Whether the first word names a command.
    static func beginWithCommand(_ arguments: [String]) -> Bool {
        arguments.first.map(commands.contains) ?? false
    }

    /// Where a filter begins among what should be files, as in `nfs.pcap port 304`.
    static func filter(among files: [String]) -> (file: String, words: [String])? {
        guard let begin = files.firstIndex(where: { filterWords.contains($0) && !exists($0) }),
            begin > 0
        else { return nil }
        return (files[0], Array(files[begin...]))
    }

    /// Whether standard input is a pipe or a file, so that no file need be named.
    static var hasInput: Bool {
        var status = stat()
        guard unsafe fstat(STDIN_FILENO, &status) == 0 else { return false }
        return [S_IFIFO, S_IFREG, S_IFSOCK].contains(status.st_mode & S_IFMT)
    }

    /// Whether it may be a command: letters only.
    private static func isWord(_ word: String) -> Bool {
        !word.isEmpty
            && word.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
            }
    }

    private static func exists(_ path: String) -> Bool {
        unsafe access(path, F_OK) == 0
    }
}
