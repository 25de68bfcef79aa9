import Foundation
import Testing

/// What an organisation adds of its own knowledge, without a rebuild.
@Suite struct `A configuration` {
    private let folder: Scratch

    init() throws { folder = try Scratch() }

    private func file(_ name: String, _ text: String) -> String {
        folder.file(name, Data(text.utf8)).path
    }

    @Test func `of hosts puts names beside addresses, at their first mention`() throws {
        let hosts = file(
            "hosts",
            "# ours\n10.36.0.10\tweb1 web1.example\n10.36.0.20 cache # redis\n10.36.0.2 wrong\n"
        )

        let text = try Program.run("refused.pcap", "--hosts", hosts, "--width", "120").output
        let json = try Program.run("refused.pcap", "--hosts", hosts, "--format", "json").output

        #expect(
            text.contains(
                "10.36.0.10 (web1) cannot connect to 10.36.0.20:6379 (cache, redis; 13 connections)"
            )
        )
        #expect(text.contains("  10.36.0.10:47000 (web1) → 10.36.0.20:6379 (cache), one of 13"))
        #expect(!text.contains("wrong"))
        #expect(try json == Program.run("refused.pcap", "--format", "json").output)
    }

    @Test(arguments: [
        ("1.2.3 x\n", "hosts:1: '1.2.3' is not an address"),
        ("\n1.2.3.4\n", "hosts:2: 1.2.3.4 has no name"),
        ("1.2.3.4 a\u{1B}[31m\n", "hosts:1: 1.2.3.4 has no name of letters"),
    ])
    func `of hosts that is wrong is refused by its line`(_ text: String, _ words: String) throws {
        let outcome = try Program.run("refused.pcap", "--hosts", file("hosts", text))

        #expect(outcome.status == 2 && outcome.output == "")
        #expect(outcome.errors.hasPrefix("synopsis: ") && outcome.errors.contains(words))
    }

    private static let issue = """
        {"id": "our-cache", "title": "Our cache is down on Sundays", "reference": "KB-17",
         "cure": "wait for Monday", "variants": [[{"pathology": "connection-refused"}]],
         "checks": [{"host": "responder", "command": "systemctl status cache", "tells": "is it up?"}]}
        """

    @Test func `names known issues of one's own first`() throws {
        _ = file("ours.json", Self.issue)
        _ = file("notes.txt", "no issue")

        let text = try Program.run("refused.pcap", "--known-issues", folder.url.path).output

        #expect(
            text.contains("  Known  Our cache is down on Sundays (KB-17). Fix: wait for Monday.")
        )
        #expect(text.contains("systemctl status cache  # is it up?"))
    }

    @Test(arguments: [
        (#"{"id": "x"}"#, "x.json: title: is missing"), ("{", "x.json: is not JSON"),
        (#"{"id": 5}"#, "x.json: id: has the wrong type"),
        (
            #"{"id": "x", "title": "t", "reference": "r", "variants": []}"#,
            "variants: a variant needs"
        ),
        (
            #"{"id": "x", "title": "t", "reference": "r", "variants": [[{"pathology": "no"}]]}"#,
            "there is no pathology 'no'"
        ),
        (
            #"{"id":"x","title":"\u001b[2J","reference":"r","variants":[[{"pathology":"syn-burst"}]]}"#,
            "title: has a control character"
        ),
    ])
    func `refuses a known issue by file and key`(_ text: String, _ words: String) throws {
        _ = file("x.json", text)

        let outcome = try Program.run("refused.pcap", "--known-issues", folder.url.path)

        #expect(outcome.status == 2 && outcome.output == "")
        #expect(outcome.errors.contains(words), "\(outcome.errors)")
        #expect(!outcome.errors.contains("\u{1B}"))
    }

    @Test(.enabled(if: `The schema`.hasValidator, "python3-jsonschema is not installed"))
    func `publishes the schema of known issues, which those that ship follow`() throws {
        let schema = file("schema", try Program.run("schema", "known-issue").output)
        let shipped = Program.root.appending(path: "Sources/Reporting/KnownIssues").path
        let names = try FileManager.default.contentsOfDirectory(atPath: shipped)
        let own = file("ours.json", Self.issue)
        let wrong = file("wrong.json", #"{"id": "x"}"#)

        let (status, output) = try `The schema`.python(
            ["-c", `The schema`.validator, schema, own] + names.map { "\(shipped)/\($0)" }
        )
        let (refusal, _) = try `The schema`.python(["-c", `The schema`.validator, schema, wrong])

        #expect(status == 0, "\(output)")
        #expect(refusal == 1)
    }

    @Test func `ignores an incident until a day, and says so`() throws {
        func config(_ until: String, _ server: String = "10.36.0.20") -> String {
            file(
                "synopsis.toml",
                """
                # What we know.
                [[ignore]]
                pathology = "connection-refused"
                server = '\(server)'
                reason = "the cache is being moved"   # ticket 4
                until = \(until)
                """
            )
        }

        let ignored = try Program.run("refused.pcap", "--config", config("2026-11-21"))
        let ended = try Program.run("refused.pcap", "--config", config("2026-11-19"))
        let other = try Program.run("refused.pcap", "--config", config("2026-11-21", "10.0.0.9"))
        let plain = try Program.run("refused.pcap")
        let failing = try Program.run(
            "refused.pcap",
            "--config",
            config("2026-11-21"),
            "--fail-on",
            "error"
        )

        let remark = "1 incident ignored: connection-refused, the cache is being moved (until"
        #expect(ignored.output.contains("note: " + remark))
        #expect(ignored.output.contains("no incident") && !ignored.output.contains("ERROR"))
        #expect(failing.status == 0)
        #expect(
            ended.output.contains("note: no longer ignored since 2026-11-19: connection-refused")
        )
        #expect(ended.output.contains("ERROR"))
        #expect(other.output == plain.output)
    }

    @Test func `sets severities, and names the other files`() throws {
        _ = file("hosts", "10.36.0.20 cache\n")
        let config = file(
            "synopsis.toml",
            "hosts = \"hosts\"\n[severity]\nconnection-refused = \"warning\"\n"
        )

        let outcome = try Program.run("refused.pcap", "--config", config, "--fail-on", "error")

        #expect(outcome.status == 0)
        #expect(
            outcome.output.contains(
                "\nWARNING  Connection refused: 10.36.0.10 cannot connect to 10.36.0.20:6379 (cache,"
            )
        )
    }

    @Test func `sets thresholds, and the report says so`() throws {
        let config = file(
            "synopsis.toml",
            "[thresholds]\nslow-handshake = \"1.5 s\" # satellites\nreconnect-loop = 5\n"
        )
        let strict = file("strict.toml", "[thresholds]\nslow-handshake = \"20 ms\"\n")
        func slow(_ arguments: String...) throws -> Bool {
            let text = try Program.run(
                all: ["Field/h-lossy-bulk.pcap", "--format", "json"] + arguments
            )
            return text.output.contains("\"pathology\":\"slow-handshake\"")
        }
        let note = "note: threshold slow-handshake is 1500 ms (by default 200 ms)"

        let outcome = try Program.run("refused.pcap", "--config", config)

        #expect(outcome.output.contains(note))
        #expect(!outcome.output.contains("reconnect-loop is"))
        #expect(try slow())
        #expect(try slow("--config", strict))
        #expect(try !slow("--config", config))
    }

    @Test func `holds for what comes through a pipe, too`() throws {
        _ = file("hosts", "10.36.0.20 cache\n")
        let config = file(
            "synopsis.toml",
            "hosts = \"hosts\"\n[severity]\nconnection-refused = \"warning\"\n"
        )
        let ignoring = file(
            "ignoring.toml",
            "[[ignore]]\npathology = \"connection-refused\"\nreason = \"known\"\nuntil = 2100-01-01\n"
        )
        let capture = try Data(
            contentsOf: Program.root.appending(path: "Captures/refused.pcap")
        )
        func live(_ arguments: String...) throws -> String {
            try Program.run(all: ["live", "-i", "-"] + arguments, input: capture).output
        }

        let text = try live("--format", "text", "--config", config)
        let events = try live("--format", "ndjson", "--config", config)
        let ignored = try live("--format", "ndjson", "--config", ignoring)

        #expect(text.contains("WARNING") && text.contains("(cache"))
        #expect(events.contains("\"severity\":\"warning\""))
        #expect(!events.contains("\"severity\":\"error\""))
        #expect(!ignored.contains("\"incident\":{"))
    }

    @Test(arguments: [
        ("[severity]\nrst-loop = \"bad\"", "synopsis.toml:2: severity.rst-loop: expected \"note\""),
        (
            "[severity]\n\nrst-lop = \"note\"",
            "synopsis.toml:3: severity.rst-lop: there is no pathology"
        ),
        ("[[ignore]]\npathology = \"rst-loop\"", "synopsis.toml:2: ignore.reason: is missing"),
        ("[[ignore]]\nuntil = \"soon\"", "synopsis.toml:2: ignore.until: expected a date"),
        ("[[ignore]]\nclient = \"me\"", "synopsis.toml:2: ignore.client: 'me' is not an address"),
        ("[limits]\nx = 1", "synopsis.toml:2: limits: is not a known table"),
        (
            "[thresholds]\nslow-handshak = \"1 s\"",
            "synopsis.toml:2: thresholds.slow-handshak: is not a known threshold; did you mean 'slow-handshake'?"
        ),
        (
            "[thresholds]\nslow-handshake = 500",
            "thresholds.slow-handshake: expected a time from \"1 ms\" to \"1 min\""
        ),
        ("[thresholds]\nslow-handshake = \"2 min\"", "expected a time from"),
        (
            "[thresholds]\nreconnect-loop = 2",
            "synopsis.toml:2: thresholds.reconnect-loop: expected a whole number from 3 to 1000"
        ),
        ("[severity]\nrst-lop = \"note\"", "did you mean 'rst-loop'?"),
        ("colour = \"red\"", "synopsis.toml:1: colour: is not a known key"),
        ("hosts = \"a\"\nhosts = \"b\"", "synopsis.toml:2: hosts: is set twice"),
        ("hosts = red", "synopsis.toml:1: hosts: expected \"text\""),
        ("hello", "synopsis.toml:1: is neither a [table] nor a key = value"),
    ])
    func `that is wrong is refused by file, line and key`(_ text: String, _ words: String) throws {
        let outcome = try Program.run("refused.pcap", "--config", file("synopsis.toml", text))

        #expect(outcome.status == 2 && outcome.output == "")
        #expect(outcome.errors.contains(words), "\(outcome.errors)")
    }
}
