import Foundation
import Testing

/// Instants and logs on the command line.
@Suite struct `Beside a log` {
    private static let capture = "nfs-syn-burst.pcap"
    private static let log = """
        Apr 25 13:06:49 nfs1 kernel: nfs: server 10.0.0.81 not responding, still trying
        2017-04-25T17:06:49.637900Z rpc: connect 10.0.0.47:705 to 10.0.0.81:304
          errno 110
        2017-04-25T17:06:50Z another connection, 10.9.9.9:4711
        """

    private func rows(_ text: String, from begin: String) -> [Substring] {
        Array(text.split(separator: "\n").drop { !$0.contains(begin) }.dropFirst())
    }

    @Test(arguments: [
        "2017-04-25T17:06:49.637980Z", "2017-04-25T13:06:49.637980-04:00", "13:06:49.63798",
        "1493140009.637980", "2017-04-25 13:06:49.63798",
    ])
    func `shows the last packets before an instant, however it is said`(_ time: String) throws {
        let outcome = try Program.run(Self.capture, "--at", time, "--time-zone", "EST5EDT")

        #expect(outcome.status == 0)
        let shown = rows(outcome.output, from: "  Before 2017-04-25 13:06:49.637980 EDT")
        #expect(shown.first == "  10.0.0.47:705 → 10.0.0.81:304   the last one 4 µs before")
        let numbers = shown.compactMap { $0.split(separator: " ").first.flatMap { Int($0) } }
        #expect(numbers == [1, 2, 3, 4, 5, 6])
        #expect(shown.last?.contains("The first after it, 21 µs later.") == true)
    }

    @Test func `shows of each flow only the last packets, and of many flows the nearest`() throws {
        let many = try Program.run("refused.pcap", "--at", "2030-01-01T00:00:00Z").output
        let long = try Program.run("nfs-syn-burst.pcap", "--at", "2030-01-01T00:00:00Z").output

        #expect(many.contains("the last packets of 13 flows, the nearest first"))
        #expect(many.contains("None after it in this capture."))
        #expect(long.contains("before, 8 of 26"))
    }

    @Test func `says that nothing was captured before an instant`() throws {
        for time in ["2017-04-25T17:06:49Z", "17:06:49"] {
            let outcome = try Program.run(Self.capture, "--at", time)

            #expect(outcome.status == 0)
            #expect(
                outcome.output.contains(
                    "  Before 2017-04-25 17:06:49.000000 UTC no TCP packet was captured."
                )
            )
        }
    }

    @Test func `reports what it would have reported without`() throws {
        let plain = try Program.run(Self.capture).output
        let watched = try Program.run(Self.capture, "--at", "17:06:50").output

        #expect(watched.hasPrefix(plain))
    }

    @Test func `puts the lines of a log among the packets`() throws {
        let folder = try Scratch()
        let log = folder.file("messages", Data(Self.log.utf8)).path

        let outcome = try Program.run(
            Self.capture,
            "--log",
            log,
            "--time-zone",
            "EST5EDT",
            "--wide",
            "--width",
            "200"
        )

        #expect(outcome.status == 0)
        #expect(
            outcome.output.contains(
                "\nmessages   4 lines, 3 near the capture in time, 2 beside incidents\n"
            )
        )
        let timeline = rows(outcome.output, from: "  10.0.0.47:705 → 10.0.0.81:304")
        #expect(timeline[0].contains("log  13:06:49.000000             messages:1  Apr 25"))
        let line = try #require(timeline.firstIndex { $0.contains("messages:2") })
        #expect(timeline[line - 2].contains("Seq=4241130150"))
        #expect(timeline[line + 1].hasSuffix("  errno 110"))
        #expect(timeline[line + 2].contains("Seq=4241130922"))
        #expect(!outcome.output.contains("messages:4"))
    }

    @Test(arguments: [["60"], ["+60.0"], ["1", "LOG:60"], ["LOG:60", "1"]])
    func `sets the clock of a log right`(_ offsets: [String]) throws {
        let folder = try Scratch()
        let log = folder.file("a:b.log", Data("17:05:49.637900 rpc 10.0.0.47:705".utf8)).path
        let words = offsets.map { $0.replacing("LOG", with: log) }

        let outcome =
            words.count == 1
            ? try Program.run(Self.capture, "--log", log, "--log-offset", words[0])
            : try Program.run(
                Self.capture,
                "--log",
                log,
                "--log-offset",
                words[0],
                "--log-offset",
                words[1]
            )

        #expect(outcome.status == 0)
        #expect(outcome.output.contains("log  17:06:49.637900 "))
        #expect(outcome.output.contains("its times moved by +60.000000 s"))
    }

    @Test func `moves a clock back too`() throws {
        let folder = try Scratch()
        let log = folder.file("x.log", Data("17:06:50.1379 rpc 10.0.0.47:705".utf8)).path

        let outcome = try Program.run(Self.capture, "--log", log, "--log-offset", "-0.5")

        #expect(outcome.output.contains("log  17:06:49.637900 "))
    }

    @Test func `tells a log that cannot be read from its capture, which can`() throws {
        let folder = try Scratch()
        let good = folder.file("good.log", Data(Self.log.utf8)).path
        let zipped = folder.file("old.log.gz", Data([0x1F, 0x8B, 8, 0])).path

        let missing = try Program.run(Self.capture, "--log", "/nowhere.log", "--log", good)
        let directory = try Program.run(Self.capture, "--log", folder.url.path)
        let foreign = try Program.run(Self.capture, "--log", zipped)

        #expect(missing.status == 2)
        #expect(
            missing.errors
                == "synopsis: /nowhere.log: cannot be read as a log: No such file or directory\n"
        )
        #expect(missing.output.contains("syn-burst") && missing.output.contains("good.log:2"))
        #expect(directory.status == 2 && directory.errors.contains("Is a directory"))
        #expect(foreign.status == 2 && foreign.errors.contains("it is compressed with gzip"))
    }

    @Test(arguments: [
        ["--at", "yesterday"], ["--at", "25:00:00"], ["--log-offset", "5"],
        ["--log", "a.log", "--log-offset", "soon"], ["--log", "a.log", "--log-offset", "b.log:5"],
        ["--log", "a.log", "--log-offset", "1e400"],
    ])
    func `refuses what it cannot understand`(_ arguments: [String]) throws {
        let outcome =
            arguments.count == 2
            ? try Program.run(Self.capture, arguments[0], arguments[1])
            : try Program.run(Self.capture, arguments[0], arguments[1], arguments[2], arguments[3])

        #expect(outcome.status == 2)
        #expect(outcome.output == "")
        #expect(outcome.errors.hasPrefix("synopsis: "))
    }

    @Test func `reads a log from standard input, if the capture is a file`() throws {
        let outcome = try Program.run(Self.capture, "--log", "-", input: Data(Self.log.utf8))
        let both = try Program.run("-", "--log", "-", input: Data(Self.log.utf8))

        #expect(outcome.output.contains("standard input:2"))
        #expect(both.status == 2)
    }

    @Test func `shows the lines around an instant where nothing is wrong`() throws {
        let folder = try Scratch()
        let log = folder.file("app.log", Data("2017-04-25T17:06:49.6Z up\n".utf8)).path

        let outcome = try Program.run(
            Self.capture,
            "--only",
            "syn-flood",
            "--log",
            log,
            "--at",
            "17:06:49.7"
        )

        #expect(
            rows(outcome.output, from: "Lines of logs around it").first?.contains("app.log:1")
                == true
        )
    }

    @Test(.enabled(if: `The schema`.hasValidator))
    func `writes JSON that the schema admits`() throws {
        let folder = try Scratch()
        let schema = folder.file("schema.json", Data(try Program.run("schema").output.utf8))
        let log = folder.file("messages", Data(Self.log.utf8)).path
        let report = try Program.run(
            Self.capture,
            "--format",
            "json",
            "--log",
            log,
            "--at",
            "17:06:49.63798"
        ).output
        let file = folder.file("report.json", Data(report.utf8))

        let (status, output) = try `The schema`.python(
            ["-c", `The schema`.validator, schema.path, file.path]
        )

        #expect(status == 0, "\(output)")
        #expect(report.contains("\"last_packets\":{\"instant\":\"2017-04-25T17:06:49.637980Z\""))
        #expect(report.contains("\"tie\":\"flow\""))
    }
}
