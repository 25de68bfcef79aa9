import Foundation
import Testing

/// The captures in `Captures/`, each with the whole report that it must give beside it.
@Suite struct `A capture` {
    static let names: [String] = {
        let folder = Program.root.appending(path: "Captures").path
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return files.filter { $0.hasSuffix(".pcap") }.sorted()
    }()

    /// `SYNOPSIS_RECORD=1 swift test` writes the reports anew, to be read in `git diff`.
    private static let isRecording = ProcessInfo.processInfo.environment["SYNOPSIS_RECORD"] == "1"

    @Test(arguments: names)
    func `gives the report that stands beside it`(_ name: String) throws {
        let golden = Program.root.appending(path: "Captures/\(name.dropLast(5)).txt")

        let outcome = try Program.run(name, "--time-zone", "EST5EDT")

        #expect(outcome.status == 0)
        #expect(outcome.errors == "")
        if Self.isRecording { try Data(outcome.output.utf8).write(to: golden) }
        #expect(try outcome.output == String(contentsOf: golden, encoding: .utf8))
    }

    @Test func `is there`() {
        #expect(Self.names.count >= 10)
    }

    /// Every row of the article's listing, as far as its columns go.
    @Test(arguments: [
        (
            "nfs-syn-burst",
            [
                "13:06:49.637735|[SYN] Seq=2301595334 Win=14480 Len=0 MSS=1460 SACK_PERM TSval=110171009 TSecr=1300375205 WS=128",
                "13:06:49.637825|[SYN] Seq=4241129203 Win=14600 Len=0 MSS=1460 SACK_PERM TSval=110171009 TSecr=0 WS=128",
                "13:06:49.637886|[SYN] Seq=4241130150 Win=14600 Len=0 MSS=1460 SACK_PERM TSval=110171009 TSecr=0 WS=128",
                "13:06:49.637933|[SYN] Seq=4241130922 Win=14600 Len=0 MSS=1460 SACK_PERM TSval=110171009 TSecr=0 WS=128",
                "13:06:49.637976|[SYN, ACK] Seq=1488229741 Ack=2301595335 Win=65535 Len=0 MSS=1460 WS=64 SACK_PERM TSval=1978101347 TSecr=110171009",
                "13:06:49.638001  +0.000025|ICMP 102  Destination unreachable (Host administratively prohibited)",
                "13:06:50.636568  +0.998417|[SYN] Seq=4241130922",
                "13:06:52.636640  +1.999833|[SYN] Seq=4241130922",
                "13:06:55.638900  +3.001921|TSval=1978101347 TSecr=110174009",
                "13:06:56.636591  +0.997625|TSval=110178009",
                "13:06:59.630044  +2.993292|[SYN] Seq=102290257 Win=14600",
                "13:06:59.630124  +0.000080|Ack=2301595335 Win=65535 Len=0 MSS=1460 WS=64 SACK_PERM TSval=1978101347 TSecr=110181002",
                "13:06:59.630145  +0.000021|Host administratively prohibited",
            ]
        ),
        (
            "nfs-half-open",
            [
                "15:39:50.891862|866 → 304 [SYN] Seq=4115864593 Win=14600 Len=0 MSS=1460 SACK_PERM TSval=429549362 TSecr=0 WS=128",
                "15:39:50.891963  +0.000101|304 → 866 [SYN, ACK] Seq=2901992808 Ack=956456355 Win=65535 Len=0 MSS=1460 WS=64 SACK_PERM TSval=2932388808 TSecr=429549362",
                "15:39:53.887879  +2.995871|TSecr=429549362",
                "15:39:59.896455  +6.008534|TSecr=429549362",
                "15:40:06.891804  +6.995289|TSval=429565362 TSecr=0",
                "15:40:15.891399  +6.005801|TSecr=429565362",
                "15:40:15.891491  +0.000092|ICMP 102",
            ]
        ),
        (
            "nfs-rst-loop",
            [
                "20:24:50.684597|815 → 2049 [SYN] Seq=3677241340 Win=14600 Len=0 MSS=1460 SACK_PERM TSval=966741 TSecr=0 WS=128",
                "20:24:50.684833|[SYN] Seq=3677245016",
                "20:24:50.685595|[SYN, ACK] Seq=1365940280 Ack=3677241341 Win=28960 Len=0 MSS=1460 SACK_PERM TSval=1741462612 TSecr=966741 WS=128",
                "20:24:50.685625|TCP 54  815 → 2049 [RST] Seq=3677241341 Win=0 Len=0",
                "20:24:50.685654|TCP 54  2049 → 815 [RST, ACK] Seq=0 Ack=3677245017 Win=0 Len=0",
                "20:24:50.689711|[RST, ACK] Seq=0 Ack=3677317395",
                "20:24:50.690001|[RST, ACK] Seq=0 Ack=3677323274",
            ]
        ),
    ] as [(String, [String])])
    func `shows every number of the article`(_ name: String, _ rows: [String]) throws {
        let text = try Program.run("\(name).pcap", "--time-zone", "EST5EDT").output
        let lines = text.split(separator: "\n")

        for row in rows {
            let parts = row.split(separator: "|").map(String.init)
            #expect(lines.contains { line in parts.allSatisfy { line.contains($0) } }, "\(row)")
        }
    }
}
