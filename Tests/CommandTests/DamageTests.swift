import Foundation
import Testing

/// Bad input is data: one sentence with file, place and reason, exit 2, and what could be read
/// reported.
@Suite(.tags(.slow)) struct `Bad input` {
    private let whole: Data

    init() throws {
        whole = try Data(contentsOf: Program.root.appending(path: "Captures/nfs-syn-burst.pcap"))
    }

    private func read(_ content: Data, named name: String = "capture.pcap") throws
        -> Program.Outcome
    {
        let folder = try Scratch()
        let file = folder.file(name, content)
        return try withExtendedLifetime(folder) { try Program.run(file.path) }
    }

    private func expectOneSentence(_ outcome: Program.Outcome, _ words: String) {
        #expect(outcome.status == 2)
        #expect(outcome.errors.hasPrefix("synopsis: "))
        #expect(outcome.errors.split(separator: "\n").count == 1)
        #expect(outcome.errors.contains(words), "\(outcome.errors)")
    }

    @Test func `may be missing`() throws {
        expectOneSentence(try Program.run("no-such-file.pcap"), "no-such-file.pcap: No such file")
    }

    @Test func `may be a directory`() throws {
        expectOneSentence(try Program.run("/tmp"), "/tmp: is a directory")
    }

    @Test func `may be empty`() throws {
        expectOneSentence(try read(Data()), "is empty")
    }

    @Test func `may be a text`() throws {
        let outcome = try read(Data("Hello, this is no capture.".utf8))

        expectOneSentence(
            outcome,
            "at byte 0: not a pcap or pcapng file (first bytes: 48 65 6c 6c"
        )
    }

    @Test func `may be compressed`() throws {
        expectOneSentence(try read(Data([0x42, 0x5A, 0x68, 0x39])), "bzip2 -dc")
    }

    @Test func `may be cut in the file header`() throws {
        expectOneSentence(try read(whole.prefix(11)), "the file header cannot be read")
    }

    @Test func `may be cut in a packet header`() throws {
        let outcome = try read(whole.prefix(24 + 90 * 3 + 7))

        expectOneSentence(outcome, "at byte 294: the record of packet 4 cannot be read")
        #expect(outcome.output.contains("3 packets in 0.000 s"))
    }

    @Test func `may be cut in a packet`() throws {
        let outcome = try read(whole.prefix(24 + 90 * 5 + 40))

        expectOneSentence(outcome, "at byte 474: the record of packet 6 cannot be read")
        let words = outcome.output.split { $0.isWhitespace }.joined(separator: " ")
        #expect(words.contains("1 syn-burst"))
        #expect(words.contains("everything before it was analysed"))
    }

    @Test func `may have an unknown link type`() throws {
        var strange = whole
        strange[20] = 195

        expectOneSentence(
            try read(strange),
            "the link type 195 (IEEE802_15_4) is not supported; expected Ethernet"
        )
    }

    @Test func `may be a filter`() throws {
        expectOneSentence(
            try Program.run("nfs-syn-burst.pcap", "-f", "this is no filter"),
            "the filter 'this is no filter'"
        )
    }

    @Test func `in one file does not lose the others`() throws {
        let outcome = try Program.run("no-such-file.pcap", "nfs-syn-burst.pcap")

        #expect(outcome.status == 2)
        #expect(outcome.output.contains("1  syn-burst"))
    }

    @Test func `gives valid JSON up to the damage`() throws {
        let folder = try Scratch()
        let file = folder.file("cut.pcap", whole.prefix(500))
        let outcome = try withExtendedLifetime(folder) {
            try Program.run(file.path, "--format", "json")
        }

        let document = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
        #expect(outcome.status == 2)
        #expect((document as? [String: Any])?["warnings"] as? [[String: String]] != [])
        #expect(outcome.output.contains("\"damaged\":{\"offset\":474,"))
    }

    @Test func `may be cut anywhere`() throws {
        for length in stride(from: 24, to: whole.count, by: 131) {
            let outcome = try read(whole.prefix(length))
            #expect(
                outcome.status == 2 || outcome.status == 0 && (length - 24) % 90 == 0,
                "\(length)"
            )
        }
    }
}
