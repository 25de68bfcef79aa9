import Foundation
import Testing

/// What a server said by which it turned a client away: payload, which shows only for who asks for
/// it.
@Suite struct `The text of a refusal` {
    private static let name = "Field/s-redis-maxclients.pcap"
    private static let words = "-ERR max number of clients reached"

    @Test(arguments: ["text", "json", "ndjson"])
    func `shows with the option quote alone`(_ format: String) throws {
        let plain = try Program.run(Self.name, "--format", format, "--all").output
        let quoted = try Program.run(Self.name, "--format", format, "--quote").output

        #expect(!plain.contains("max number"))
        #expect(!plain.contains("\"quote\""))
        #expect(quoted.contains(Self.words))
    }

    @Test func `is a line of its own in a text, and a member of the finding in JSON`() throws {
        let text = try Program.run(Self.name, "--quote", "--short").output
        let json = try Program.run(Self.name, "--quote", "--format", "ndjson").output

        #expect(text.contains("\n  Said   “\(Self.words)”\n"))
        #expect(json.contains("\"quote\":\"\(Self.words)\""))
    }

    @Test func `shows in live events with the option alone`() throws {
        let capture = try Data(
            contentsOf: Program.root.appending(path: "Captures/\(Self.name)")
        )
        func events(_ options: [String]) throws -> String {
            let arguments = ["live", "-i", "-", "--format", "ndjson"] + options
            return try Program.run(all: arguments, input: capture).output
        }

        #expect(try !events([]).contains("max number"))
        #expect(try events(["--quote"]).contains("\"quote\":\"\(Self.words)\""))
    }
}
