import Foundation
import Testing

/// What users of other tools type, and what they mistype.
@Suite struct `What is typed` {
    @Test(arguments: [
        ["analyse", "refused.pcap"], ["-r", "refused.pcap"], ["-n", "-r", "refused.pcap"],
        ["refused.pcap", "--only", "connection-refused,syn-burst"],
        ["refused.pcap", "--only", "CONNECTION_REFUSED"], ["refused.pcap", "--max-flows", "2M"],
        ["refused.pcap", "-c", "10k"], ["refused.pcap", "--fail-on", "warn"],
    ])
    func `is understood`(_ arguments: [String]) throws {
        let outcome = try Program.run(all: arguments)

        #expect(outcome.errors == "")
        #expect(outcome.output.contains("  Why    1  connection-refused"))
        #expect(outcome.status == (arguments.contains("warn") ? 1 : 0))
    }

    @Test func `may be a time without seconds`() throws {
        let outcome = try Program.run("nfs-syn-burst.pcap", "--at", "17:07")

        #expect(outcome.output.contains("  Before 2017-04-25 17:07:00.000000 UTC"))
    }

    @Test(arguments: [
        (
            ["lvie", "-i", "lo"],
            "there is no command 'lvie', and no file of that name; did you mean 'live'?"
        ),
        (["Live", "-i", "lo"], "did you mean 'live'?"),
        (["analize", "x"], "did you mean 'analyze'?"),
        (["serve"], "'synopsis --help' names the commands"),
        (["explain", "rst-lop"], "there is no pathology 'rst-lop'; did you mean 'rst-loop'?"),
        (["explain", "refused"], "did you mean 'connection-refused'?"),
        (["refused.pcap", "--only", "syn-brust"], "did you mean 'syn-burst'?"),
        (["refused.pcap", "--ignore", "disaster"], "'synopsis explain' lists them"),
        (["refused.pcap", "port", "304"], "synopsis refused.pcap -f 'port 304'"),
        (["refused.pcap", "--incident", "9"], "there is no incident 9: the overview has 1 line"),
        (["refused.pcap", "--top", "3", "--format", "json"], "--top is for text"),
    ])
    func `leads to what was meant`(_ arguments: [String], _ hint: String) throws {
        let outcome = try Program.run(all: arguments)

        #expect(outcome.status == 2)
        #expect(outcome.output == "")
        #expect(outcome.errors.hasPrefix("synopsis: "))
        #expect(outcome.errors.contains(hint), "\(outcome.errors)")
    }

    @Test(arguments: [
        ["refused.pcap", "--colour"], ["refused.pcap", "--width", "20"],
        ["refused.pcap", "--top", "0"],
        ["refused.pcap", "-c"], ["refused.pcap", "--format", "xml"], ["live"],
        ["explain", "a", "b"],
    ])
    func `is answered in one voice`(_ arguments: [String]) throws {
        let outcome = try Program.run(all: arguments)

        #expect(outcome.status == 2)
        #expect(outcome.errors.hasPrefix("synopsis: "))
        #expect(outcome.errors.split(separator: "\n").count <= 2, "\(outcome.errors)")
        #expect(!outcome.errors.contains("Error:") && !outcome.errors.contains("Usage:"))
    }

    @Test func `may be the name of a file without a suffix`() throws {
        let folder = try Scratch()
        let capture = try Data(contentsOf: Program.root.appending(path: "Captures/refused.pcap"))
        _ = folder.file("serve", capture)
        let shell = Process()
        shell.executableURL = URL(filePath: "/bin/sh")
        shell.arguments =
            ["-c", "cd \"$1\" && \"$2\" serve > out", "sh", folder.url.path]
            + [try Program.path.path]
        try shell.run()
        shell.waitUntilExit()

        #expect(shell.terminationStatus == 0)
    }

    @Test func `needs no dash behind a pipe`() throws {
        let capture = try Data(contentsOf: Program.root.appending(path: "Captures/refused.pcap"))

        let bare = try Program.run(input: capture)
        let withOptions = try Program.run("--format", "json", input: capture)

        #expect(bare.status == 0 && bare.output.hasPrefix("standard input   34 packets"))
        #expect(withOptions.status == 0 && withOptions.output.contains("\"name\":\"-\""))
    }

    @Test func `at a terminal is waited for in words`() throws {
        let folder = try Scratch()
        let script = Process()
        script.executableURL = URL(filePath: "/usr/bin/script")
        script.arguments = ["-qec", "\(try Program.path.path) -", "/dev/null"]
        script.standardOutput = try FileHandle(forWritingTo: folder.file("out"))
        let input = Pipe()
        script.standardInput = input
        try script.run()
        defer { script.terminate() }

        #expect(
            eventually {
                let file = folder.url.appending(path: "out")
                let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
                return text.contains(
                    "synopsis: waiting for a capture on standard input; Ctrl-C ends it"
                )
            }
        )
    }
}

/// How a report is written.
@Suite struct `A report` {
    @Test func `goes to several files, each as its name says`() throws {
        let folder = try Scratch()
        let paths = ["a.txt", "b.json", "c.ndjson", "d"].map {
            folder.url.appending(path: $0).path
        }

        let outcome = try Program.run(all: ["refused.pcap"] + paths.flatMap { ["-o", $0] })

        let texts = try paths.map { try String(contentsOfFile: $0, encoding: .utf8) }
        #expect(outcome.status == 0 && outcome.output == "")
        #expect(texts[0] == texts[3] && texts[0].hasPrefix("refused.pcap   34 packets"))
        #expect(texts[1] == (try Program.run("refused.pcap", "--format", "json").output))
        let lines = texts[2].split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines.allSatisfy { texts[1].contains($0) })
    }

    @Test(arguments: [
        ("a.html", "<!DOCTYPE html>\n"), ("a.HTM", "<!DOCTYPE html>\n"),
        ("a.md", "# refused.pcap\n"), ("a.markdown", "# refused.pcap\n"),
        ("a.csv", "timestamp,pcap_cnt,"),
    ])
    func `is a page, a ticket or a table by its name`(_ name: String, _ begin: String) throws {
        let folder = try Scratch()
        let path = folder.url.appending(path: name).path

        let outcome = try Program.run("refused.pcap", "-o", path)

        #expect(outcome.status == 0 && outcome.output == "")
        #expect(try String(contentsOfFile: path, encoding: .utf8).hasPrefix(begin))
    }

    @Test func `as a table has every connection, and changes no other`() throws {
        let folder = try Scratch()
        let json = folder.url.appending(path: "a.json").path
        let table = folder.url.appending(path: "a.csv").path

        let outcome = try Program.run("refused.pcap", "-o", table, "-o", json)

        let rows = try String(contentsOfFile: table, encoding: .utf8).split(separator: "\r\n")
        #expect(outcome.status == 0)
        #expect(rows.count == 14)
        #expect(rows.dropFirst().allSatisfy { $0.contains(",REJ,") || $0.contains(",SF,") })
        #expect(
            try String(contentsOfFile: json, encoding: .utf8)
                == Program.run("refused.pcap", "--format", "json").output
        )
    }

    @Test func `for people follows --top, and only a text --short`() throws {
        let page = try Program.run("refused.pcap", "--format", "html", "--top", "1")
        let short = try Program.run("refused.pcap", "--format", "html", "--short")
        let table = try Program.run("refused.pcap", "--format", "csv", "--top", "1")

        #expect(page.status == 0)
        #expect(short.status == 2 && short.errors.contains("--short is for text."))
        #expect(table.status == 2 && table.errors.contains("--top is for text, HTML and Markdown"))
    }

    @Test func `is never a text by the name of something else`() throws {
        let folder = try Scratch()
        let path = folder.url.appending(path: "report.pdf").path

        let refused = try Program.run("refused.pcap", "-o", path)
        let forced = try Program.run("refused.pcap", "-o", path, "--format", "text")

        #expect(refused.status == 2 && refused.errors.contains("pdf is not written"))
        #expect(forced.status == 0)
    }

    @Test func `in JSON says why nothing could be read`() throws {
        let folder = try Scratch()
        var strange = try Data(contentsOf: Program.root.appending(path: "Captures/refused.pcap"))
        strange[20] = 195
        let file = folder.file("strange.pcap", strange)

        let outcome = try Program.run(file.path, "--format", "json")

        let document = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
        let warnings = (document as? [String: Any])?["warnings"] as? [[String: String]]
        #expect(outcome.status == 2)
        #expect(warnings?.first?["code"] == "unreadable-input")
        #expect(warnings?.first?["message"]?.contains("IEEE802_15_4") == true)
        #expect(warnings?.first?["message"]?.contains("Token Ring") == true)
    }

    @Test func `can be a count for each pathology`() throws {
        let outcome = try Program.run("nfs-syn-burst.pcap", "--statistics")

        let lines = outcome.output.split(separator: "\n").map(String.init)
        #expect(lines.contains("  connections  incidents  severity  pathology"))
        #expect(lines.count { $0.hasPrefix("            1          1  error     ") } == 3)
    }
}

/// The manual in other formats.
@Suite struct `The manual` {
    @Test func `is JSON for machines`() throws {
        let all = try Program.run("explain", "--format", "json").output
        let one = try Program.run("explain", "rst-loop", "--format", "json").output

        let pages = try JSONSerialization.jsonObject(with: Data(all.utf8)) as? [[String: Any]]
        let page = try JSONSerialization.jsonObject(with: Data(one.utf8)) as? [String: Any]
        #expect((pages?.count ?? 0) > 40)
        #expect(page?["id"] as? String == "rst-loop")
        #expect((page?["sources"] as? [String])?.isEmpty == false)
    }

    @Test func `is Markdown for other documents`() throws {
        let all = try Program.run("explain", "--format", "markdown").output
        let one = try Program.run("explain", "rst-loop", "--format", "markdown").output

        #expect(all.contains("| `rst-loop` | "))
        #expect(one.hasPrefix("# rst-loop: "))
        #expect(one.contains("\n## What is seen\n") && one.contains("```\n"))
    }

    @Test func `is a handbook with all ladders`() throws {
        let page = try Program.run("explain", "--all", "--format", "html").output
        let one = try Program.run("explain", "rst-loop", "--format", "html").output
        let text = try Program.run("explain", "--all").output
        let both = try Program.run("explain", "rst-loop", "--all")

        let count = text.matches(of: /\nWhat is seen\n/).count
        #expect(count > 40)
        #expect(page.matches(of: /<article class="manual"/).count == count)
        #expect(page.matches(of: /<svg class="ladder"/).count == 2 * count)
        #expect(one.contains("<h1>RST loop</h1>"))
        #expect(both.status == 2)
    }

    @Test(arguments: [80, 132])
    func `is as wide as the page`(_ width: Int) throws {
        let page = try Program.run("explain", "port-scan", environment: ["COLUMNS": "\(width)"])
        let help = try Program.run("analyze", "--help", environment: ["COLUMNS": "\(width)"])

        #expect(page.output.split(separator: "\n").allSatisfy { $0.count <= width })
        #expect(help.output.split(separator: "\n").allSatisfy { $0.count <= width })
    }
}
