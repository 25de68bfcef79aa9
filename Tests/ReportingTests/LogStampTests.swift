import Reporting
import Testing
import Tracking

private func clock(_ hour: Int64, _ minute: Int64, _ second: Int64, _ fraction: Int64 = 0) -> Int64
{
    (hour * 3600 + minute * 60 + second) * 1_000_000_000 + fraction
}

/// Times as programs write them into their logs.
@Suite struct `The time of a line` {
    @Test(
        arguments: [
            ("type=ANOM_ABEND msg=audit(1391032884.818:1967129): sig=6", 1_391_032_884_818_000_000),
            ("2014-01-29T22:01:24.818Z haproxy died", 1_391_032_884_818_000_000),
            ("2014-01-29T23:01:24,818+01:00 haproxy died", 1_391_032_884_818_000_000),
            ("2014-01-29 17:01:24.818 -0500 haproxy died", 1_391_032_884_818_000_000),
            ("2014-01-29 22:01:24.818 UTC [4711] LOG", 1_391_032_884_818_000_000),
            ("{\"ts\":\"2014-01-29T22:01:24.818123456789Z\"}", 1_391_032_884_818_123_456),
            ("2014-01-29 22:01:24+00 LOG", 1_391_032_884_000_000_000),
            ("1391032884.818 stats", 1_391_032_884_818_000_000),
            ("1391032884 stats", 1_391_032_884_000_000_000),
            ("10.0.0.1 - - [29/Jan/2014:22:01:24 +0000] \"GET /\"", 1_391_032_884_000_000_000),
            ("Wed Jan 29 22:01:24 UTC 2014", 1_391_032_884_000_000_000),
        ] as [(String, Int64)]
    )
    func `is absolute where the line says the zone`(_ line: String, _ time: Int64) {
        #expect(LogStamp(line: line.utf8) == .absolute(time))
    }

    @Test(
        arguments: [
            (
                "2014-01-29 22:01:24.790906 server client", 2014, 1, 29,
                clock(22, 1, 24, 790_906_000)
            ),
            ("2014/01/29 22:01:24 [error] 4711#0", 2014, 1, 29, clock(22, 1, 24)),
            ("2014-01-29T22:01:24,5 x", 2014, 1, 29, clock(22, 1, 24, 500_000_000)),
            ("Jan 29 22:08:04 host haproxy[1]: x", nil, 1, 29, clock(22, 8, 4)),
            ("<134>Feb  6 12:14:14 localhost", nil, 2, 6, clock(12, 14, 14)),
            ("Feb 29 12:14:14.25 localhost", nil, 2, 29, clock(12, 14, 14, 250_000_000)),
            ("Wed Jan 29 22:01:24 2014 x", 2014, 1, 29, clock(22, 1, 24)),
            ("[29/Jan/2014:22:01:24.790] http-in", 2014, 1, 29, clock(22, 1, 24, 790_000_000)),
        ] as [(String, Int?, Int, Int, Int64)]
    )
    func `is of the reader's zone where it does not`(
        _ line: String,
        _ year: Int?,
        _ month: Int,
        _ day: Int,
        _ clock: Int64
    ) {
        let stamp = LogStamp.dated(year: year, month: month, day: day, clock: clock)
        #expect(LogStamp(line: line.utf8) == stamp)
    }

    @Test(
        arguments: [
            ("16:55:54.562 [Debug] ... 4 [SSLSocket::shutdown] x", clock(16, 55, 54, 562_000_000)),
            ("00:04:12.562 [20228.8140] <2> db_begin: x", clock(0, 4, 12, 562_000_000)),
            ("[23:59:59,999] x", clock(23, 59, 59, 999_000_000)),
            ("23:59:60: leap", clock(24, 0, 0)),
        ] as [(String, Int64)]
    )
    func `may be a time of day alone`(_ line: String, _ clock: Int64) {
        #expect(LogStamp(line: line.utf8) == .timeOfDay(clock))
    }

    @Test(arguments: [
        "", "premature end of file encountered (-9) WSAGetLastError(): 0", "10.136.21.130.1556",
        "fd = 908), request count(5)", "link 00:11:22:33:44:55 up", "fe80:10:20:30::1 is up",
        "00:11:22:aa:bb:cc", "24:00:00 x", "12:60:00 x", "2015-02-29T00:00:00Z", "13910328841 x",
        "139103288 x", "audit(99999999999999999999.1:1)", "v1.2.3-2014", "at most 1391032884",
        "a line that goes on for long before it says something of another time: it was 22:01:24",
    ])
    func `is not made of other numbers`(_ line: String) {
        #expect(LogStamp(line: line.utf8) == nil)
    }

    @Test(
        arguments: [
            ("2014-01-29T22:01:24.818Z", 1_391_032_884_818_000_000),
            ("2014-01-29t23:01:24.818+01:00", 1_391_032_884_818_000_000),
            ("2014-01-29 22:01:24.818", 1_391_032_884_818_000_000),
            ("1391032884.818", 1_391_032_884_818_000_000),
            ("22:01:24.818", 1_391_032_884_818_000_000),
            ("0", 0),
        ] as [(String, Int64)]
    )
    func `can be said by the user`(_ text: String, _ time: Int64) throws {
        let instant = try #require(Instant(text))

        #expect(instant.time(from: 1_391_032_880_000_000_000) == time)
    }

    @Test(arguments: [
        "", "yesterday", "22:", "22:01:24.818 ", "2014-01-29", "1391032884.818s", "-5",
        "2014-01-29T22:01:24.818+1", "99999999999", "2014-13-01T00:00:00Z", "2014-02-30 00:00:00",
    ])
    func `is refused where the user says something else`(_ text: String) {
        #expect(Instant(text) == nil)
    }

    @Test func `goes on into the next day where the capture runs past midnight`() throws {
        let evening = try #require(Instant("2014-01-29T23:50:00Z")?.time(from: 0))
        let morning = try #require(Instant("2014-01-30T00:30:00Z")?.time(from: 0))
        let instant = try #require(Instant("00:04:00"))
        let early = try #require(Instant("23:49:00"))

        #expect(instant.time(from: evening) == evening + 14 * 60_000_000_000)
        #expect(instant.time(in: evening...morning) == evening + 14 * 60_000_000_000)
        #expect(early.time(in: evening...morning) == evening - 60_000_000_000)
    }
}

/// Addresses and ports as programs write them into their logs.
@Suite struct `The ends that a line names` {
    @Test(arguments: [
        (
            "CONNECT FROM 10.10.20.31.50483 TO 10.10.20.30.1556 fd = 1020",
            "10.10.20.31:50483 10.10.20.30:1556"
        ),
        (
            "protocol for (10.10.20.30:1556 <- 10.10.20.31:50483)",
            "10.10.20.30:1556 10.10.20.31:50483"
        ),
        ("Accepted sock[19] from 40.30.20.10:62466", "40.30.20.10:62466"),
        ("Accepted password for root from 192.0.2.7 port 50022 ssh2", "192.0.2.7:50022"),
        ("client 192.0.2.7#53124: query", "192.0.2.7:53124"),
        ("connect to [2001:db8::1]:443 failed", "[2001:db8::1]:443"),
        ("connect to 2001:db8::1.443: failed", "[2001:db8::1]:443"),
        ("peer ::ffff:192.0.2.7.50022 gone", "192.0.2.7:50022"),
        (
            "IN=eth0 SRC=192.0.2.7 DST=192.0.2.8 LEN=60 PROTO=TCP SPT=50022 DPT=22 SYN",
            "192.0.2.7:50022 192.0.2.8:22"
        ),
        (
            "src=192.0.2.7 dst=192.0.2.8 sport=50022 dport=22 src=192.0.2.8 dst=192.0.2.9 sport=22 dport=1024",
            "192.0.2.7:50022 192.0.2.8:22 192.0.2.9:1024"
        ),
        ("act=drop src=\"192.0.2.7\" spt=\"50022\"", "192.0.2.7:50022"),
        ("haproxy[1]: 10.0.1.2:33317 [06/Feb/2009:12:14:14.655] http-in", "10.0.1.2:33317"),
        ("from 192.0.2.7:50022, then 192.0.2.8:22.", "192.0.2.7:50022 192.0.2.8:22"),
        ("16:55:54.562 [20228.8140] errno 0 0x00000009 std::string::npos 10.0.0.1:70000", ""),
    ])
    func `are read with their ports`(_ line: String, _ ends: String) {
        let found = LineEnds(line: line).endpoints.map(\.description).sorted()

        #expect(found == ends.split(separator: " ").map(String.init).sorted())
    }

    @Test(arguments: [
        ("server 10.0.0.81 not responding", "10.0.0.81"), ("10.0.0.81.", "10.0.0.81"),
        ("host 2001:db8::1 is down", "2001:db8::1"), ("fe80::1%eth0 is down", "fe80::1"),
        ("10.0.0.81:304 and 10.0.0.81", ""), ("version 8.2.1 of a1.2.3.4 and 1.2.3.4x", ""),
        ("10.0.0.256 and 010.0.0.1", ""),
    ])
    func `may be hosts alone`(_ line: String, _ hosts: String) {
        let found = LineEnds(line: line).addresses.map(\.description)

        #expect(found == hosts.split(separator: " ").map(String.init))
    }

    @Test func `are no more than a line can mean`() {
        let line = (0..<200).map { "10.0.0.\($0):80" }.joined(separator: " ")

        #expect(LineEnds(line: line).endpoints.count == 16)
    }
}
