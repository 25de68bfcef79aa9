import Diagnosing
import Foundation
import Testing
import Tracking

/// What a shell makes of a command's words, by asking one.
private func words(ofShell script: String) throws -> (status: Int32, words: [String]) {
    let shell = Process()
    shell.executableURL = URL(filePath: "/bin/sh")
    shell.arguments = ["-c", script]
    let output = Pipe()
    shell.standardOutput = output
    shell.standardError = FileHandle.nullDevice
    try shell.run()
    let bytes = output.fileHandleForReading.readDataToEndOfFile()
    shell.waitUntilExit()
    let text = String(decoding: bytes, as: UTF8.self)
    return (shell.terminationStatus, text.split(separator: "\0").map(String.init))
}

/// Names that a stranger chose to be run.
private let hostileNames = [
    "a;{id,>/tmp/x}", "$(touch${IFS}x)", "`id`", "a|b&c>d<e", "-proxy", "'", "\"", #"\"#, "#x",
    "~root", "a*?[b]", "!!", "$HOME", "a'b;c'd", "--servername",
]

@Suite struct `The words of a check` {
    @Test func `are those that went in, whatever they hold`() throws {
        let printable = (0x20...0x7E).map { "a" + String(UnicodeScalar(UInt8($0))) + "b" }
        let data = hostileNames.filter { !$0.hasPrefix("-") } + printable + ["ä→\n x", " "]
        let quoted = try data.map { try #require(Command.word($0)) }

        let found = try words(ofShell: "printf '%s\\0' \(quoted.joined(separator: " "))").words

        #expect(found == data)
    }

    @Test func `never begin like an option, and never hold a zero`() {
        #expect(Command.word("-proxy") == nil)
        #expect(Command.word("a\0b") == nil)
        #expect(Command.word("") == "''")
    }

    @Test(arguments: hostileNames + ["", String(repeating: "a", count: 254), "ä.example"])
    func `have no host that is not a host's name`(_ name: String) {
        #expect(HostName(name) == nil)
    }

    @Test(arguments: ["example.com", "a_b-1.example", "xn--p1ai", "10.0.0.1"])
    func `have a host's name as it is`(_ name: String) throws {
        let host = try #require(HostName(name))

        let command: Command = "openssl s_client -servername \(host) -msg"

        #expect(command.text == "openssl s_client -servername \(name) -msg")
    }

    /// A name as long as another one.
    private func filled(_ name: String, to length: Int) -> [UInt8] {
        Array(String(repeating: name, count: length).utf8.prefix(length))
    }

    /// The example's frames, in which each name of a host is another one of the same length.
    private func frames(of exchange: Exchange, naming name: String) -> [MemoryFrames.Record] {
        exchange.frames.map { frame in
            var octets = frame.octets
            for known in ["example.org", "mail.example"] {
                let wanted = Array(known.utf8)
                for start in octets.indices.dropLast(wanted.count)
                where octets[start...].starts(with: wanted) {
                    let end = start + wanted.count
                    octets.replaceSubrange(start..<end, with: filled(name, to: wanted.count))
                }
            }
            return MemoryFrames.Record(time: frame.time, octets: octets)
        }
    }

    @Test(arguments: hostileNames)
    func `of every detector's example hold no name that a stranger chose`(_ name: String) throws {
        var commands: [String] = []
        for manual in Catalog.manuals {
            let incidents = try incidents(in: frames(of: manual.example, naming: name))
            commands += incidents.flatMap(\.checks).map(\.command.text)
        }
        let script = "exit 0\n" + commands.joined(separator: "\n")

        #expect(commands.count > 60)
        let planted = String(decoding: filled(name, to: 11), as: UTF8.self)
        #expect(commands.allSatisfy { !$0.contains(planted) })
        #expect(try words(ofShell: "sh -n <<'END'\n\(script)\nEND").status == 0)
    }
}
