import Reporting
import Testing
import Tracking

/// Seconds of UTC as nanoseconds since 1970.
private func time(_ text: String) throws -> Int64 {
    try #require(Instant(text)).time(from: 0)
}

/// What becomes of the lines of one log beside a capture.
@Suite(.tags(.slow)) struct `A log` {
    private func read(
        _ lines: [String],
        from first: String = "2014-01-29T22:01:00Z",
        to last: String = "2014-01-29T22:02:00Z",
        offset: Int64 = 0
    ) throws -> (summary: LogSummary, entries: [LogEntry]) {
        let window = try time(first)...time(last)
        var reader = LogReader(name: "some.log", window: window, offset: offset)
        for line in lines { reader.read(line.utf8) }
        return reader.finish()
    }

    @Test func `gives an entry for each line with a time, and the others to the line before`()
        throws
    {
        let (summary, entries) = try read([
            "the end of an older line", "22:01:10.5 first", "  at main.c:12", "  at start.c:1",
            "22:01:11 second",
        ])

        #expect(entries.map(\.text) == ["22:01:10.5 first", "22:01:11 second"])
        #expect(entries.map(\.number) == [2, 5])
        #expect(try entries.first?.time == time("2014-01-29T22:01:10.5Z"))
        #expect(entries.first?.continuation == ["  at main.c:12", "  at start.c:1"])
        #expect(summary.lines == 5)
        #expect(summary.headless == 1)
        #expect(summary.kept == 2)
    }

    @Test func `reads the ends of a connection that a line break parts`() throws {
        let entries = try read([
            "22:01:12.719 <2> fd(1012) from parent(BPDBM ACCEPT FROM 10.10.20.31.50483 TO ",
            "10.10.20.30.1556", "fd = 908), request count(5)",
        ]).entries

        let ends = entries.first?.ends.endpoints.map(\.description)
        #expect(ends == ["10.10.20.31:50483", "10.10.20.30:1556"])
    }

    @Test func `without any time is said to be so`() throws {
        let (summary, entries) = try read(["one", "two"])

        #expect(entries.isEmpty)
        #expect(summary.headless == summary.lines)
    }

    @Test func `has its clock set right by an offset`() throws {
        let lines = [
            "2014-01-29T21:01:30Z dated", "1391029290.25 counted", "21:01:30.5 by the day",
        ]
        let entries = try read(lines, offset: 3_600_250_000_000).entries

        let expected = ["22:01:30.25", "22:01:30.5", "22:01:30.75"].map { "2014-01-29T\($0)Z" }
        #expect(try entries.map(\.time) == expected.map(time))
    }

    @Test func `is of the year that brings it nearest to the capture`() throws {
        let entries = try read(
            ["Dec 31 23:59:59 host a", "Jan  1 00:00:01 host b"],
            from: "2013-12-31T23:59:58Z",
            to: "2014-01-01T00:00:02Z"
        ).entries

        #expect(
            try entries.map(\.time) == [time("2013-12-31T23:59:59Z"), time("2014-01-01T00:00:01Z")]
        )
    }

    @Test func `goes on past midnight`() throws {
        let (summary, entries) = try read(
            [
                "22:00:00 a", "23:59:59.9 b", "23:59:59.8 late", "00:00:00.1 c",
                "23:59:59.95 later", "00:00:00.2 d",
            ],
            from: "2014-01-29T23:59:00Z",
            to: "2014-01-30T00:01:00Z"
        )

        let expected = [
            "2014-01-29T23:59:59.9Z", "2014-01-29T23:59:59.8Z", "2014-01-30T00:00:00.1Z",
            "2014-01-29T23:59:59.95Z", "2014-01-30T00:00:00.2Z",
        ]
        #expect(try entries.map(\.time) == expected.map(time))
        #expect(summary.assumedDay?.description == "2014-01-29")
    }

    @Test func `of a second day is taken for that day`() throws {
        let (summary, entries) = try read(
            ["00:04:12.5 a", "00:04:13 b", "09:00:00 c"],
            from: "2014-01-29T23:50:00Z",
            to: "2014-01-30T00:30:00Z"
        )

        #expect(
            try entries.map(\.time) == [
                time("2014-01-30T00:04:12.5Z"), time("2014-01-30T00:04:13Z"),
            ]
        )
        #expect(summary.assumedDay?.description == "2014-01-30")
    }

    @Test func `that began the day before is taken for that day`() throws {
        let lines = ["09:00:00 a", "23:00:00 b", "09:00:00 c", "22:01:30 d"]
        let (summary, entries) = try read(lines)

        #expect(entries.map(\.text) == ["22:01:30 d"])
        #expect(try entries.first?.time == time("2014-01-29T22:01:30Z"))
        #expect(summary.assumedDay?.description == "2014-01-28")
    }

    @Test func `is kept only near the capture, and says from when it is`() throws {
        let (summary, entries) = try read([
            "2014-01-29T10:00:00Z early", "  of the early line", "2014-01-29T23:30:00Z late",
        ])

        #expect(entries.isEmpty)
        #expect(summary.headless == 0)
        #expect(
            try summary.times == time("2014-01-29T10:00:00Z")...time("2014-01-29T23:30:00Z")
        )
    }

    @Test func `cannot steer a terminal`() throws {
        let entries = try read(["22:01:10 \u{1B}[31mred\u{1B}[0m\u{7}\u{202E}\tx\r"]).entries

        #expect(entries.first?.text == "22:01:10 �[31mred�[0m�� x�")
    }

    @Test func `keeps so much of a line, and so many lines of an entry`() throws {
        let line = "22:01:10 " + String(repeating: "x", count: 3000)
        let entries = try read([line] + (0..<100).map { "  \($0)" }).entries

        let entry = try #require(entries.first)
        #expect(entry.text.count == 1001)
        #expect(entry.text.hasSuffix("x…"))
        #expect(entry.continuation.count == 32)
        #expect(entry.continuationOmitted == 68)
    }

    @Test func `counts what finds no room`() throws {
        let window = try time("2014-01-29T22:01:00Z")...time("2014-01-29T22:02:00Z")
        var reader = LogReader(name: "some.log", window: window)
        for _ in 0..<100_003 { reader.read("1391032884 x".utf8) }
        let (summary, entries) = reader.finish()

        #expect(entries.count == 100_000)
        #expect(summary.refused == 3)
    }
}

/// What a log may take, whatever is in it.
@Suite(.tags(.slow)) struct `A log without end` {
    @Test func `is kept up to a bound in bytes, and the rest is counted`() throws {
        let window = try time("2014-01-29T22:01:00Z")...time("2014-01-29T22:02:00Z")
        let room = 1 << 20
        var reader = LogReader(name: "some.log", window: window, room: room)
        let words = String(repeating: "\u{7F}", count: 900)

        for _ in 0..<10_000 {
            reader.read("22:01:10 \(words)".utf8)
            reader.read("  \(words)".utf8)
        }
        let (summary, entries) = reader.finish()

        let lines = entries.flatMap { [$0.text] + $0.continuation }
        #expect(lines.reduce(0) { $0 + $1.utf8.count } <= room + 4096)
        #expect(entries.count > 100)
        #expect(summary.kept + summary.refused == 10_000)
    }
}
