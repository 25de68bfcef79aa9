import Foundation
import Live
import Requirements
import Testing

/// Events in files.
@Suite struct `A file of events` {
    @Test func `grows by whole lines, behind what is there`() throws {
        let folder = try Scratch()
        try "old\n".write(toFile: folder.path("events"), atomically: false, encoding: .utf8)
        var output = FileOutput(path: folder.path("events"))

        output.write(line: line("one"))
        output.write(line: line("two"))

        #expect(try folder.text("events") == "old\none\ntwo\n")
        #expect(output.statistics.written == 2)
        #expect(output.takeNotice() == nil)
    }

    @Test func `does not go on with half a line that a killed process left`() throws {
        let folder = try Scratch()
        try "whole\nhal".write(toFile: folder.path("events"), atomically: false, encoding: .utf8)
        var output = FileOutput(path: folder.path("events"))

        output.write(line: line("one"))

        #expect(try folder.text("events") == "whole\nhal\none\n")
    }

    @Test func `ends before it grows too large, and only so many are kept`() throws {
        let folder = try Scratch()
        var output = FileOutput(path: folder.path("events"), rotation: .size(10), kept: 2)

        for number in 1...9 { output.write(line: line("line\(number)")) }

        #expect(try folder.text("events") == "line9\n")
        #expect(try folder.text("events.1") == "line8\n")
        #expect(try folder.text("events.2") == "line7\n")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).count == 3)
        #expect(output.statistics.written == 9)
    }

    @Test func `takes a line that is longer than a file may be`() throws {
        let folder = try Scratch()
        var output = FileOutput(path: folder.path("events"), rotation: .size(4), kept: 1)

        output.write(line: line("longer"))
        output.write(line: line("than"))

        #expect(try folder.text("events.1") == "longer\n")
        #expect(try folder.text("events") == "than\n")
    }

    @Test func `ends with its hour`() throws {
        let folder = try Scratch()
        var output = FileOutput(path: folder.path("events"), rotation: .period(3600), kept: 3)
        let hour = (Int64(time(nil)) / 3600 + 1) * 3600

        output.write(line: line("one"), at: hour)
        output.write(line: line("two"), at: hour + 3599)
        output.write(line: line("three"), at: hour + 3600)

        #expect(try folder.text("events.1") == "one\ntwo\n")
        #expect(try folder.text("events") == "three\n")
    }

    @Test func `of an hour before ends with the first line after a new start`() throws {
        let folder = try Scratch()
        try "old\n".write(toFile: folder.path("events"), atomically: false, encoding: .utf8)
        let before = Date(timeIntervalSinceNow: -7200)
        try FileManager.default.setAttributes(
            [.modificationDate: before],
            ofItemAtPath: folder.path("events")
        )
        var output = FileOutput(path: folder.path("events"), rotation: .period(3600), kept: 3)

        output.write(line: line("new"))

        #expect(try folder.text("events.1") == "old\n")
        #expect(try folder.text("events") == "new\n")
    }

    @Test func `that was moved away is made anew when it is opened again`() throws {
        let folder = try Scratch()
        var output = FileOutput(path: folder.path("events"))
        output.write(line: line("one"))
        try FileManager.default.moveItem(
            atPath: folder.path("events"),
            toPath: folder.path("moved")
        )
        output.write(line: line("two"))

        output.reopen()
        output.write(line: line("three"))

        #expect(try folder.text("moved") == "one\ntwo\n")
        #expect(try folder.text("events") == "three\n")
    }

    @Test func `whose folder is missing is told once, and written when there is one`() throws {
        let folder = try Scratch()
        var output = FileOutput(path: folder.path("later/events"))
        output.write(line: line("lost"))
        output.write(line: line("lost"))

        try FileManager.default.createDirectory(
            atPath: folder.path("later"),
            withIntermediateDirectories: false
        )
        output.write(line: line("here"), at: Int64(time(nil)) + 2)

        #expect(try folder.text("later/events") == "here\n")
        #expect(output.statistics.dropped == 2)
        #expect(output.takeNotice()?.contains("No such file or directory") == true)
        #expect(output.takeNotice()?.contains("2 events were dropped") == true)
        #expect(output.takeNotice() == nil)
    }

    @Test func `that is always full costs its lines and one notice`() throws {
        var output = FileOutput(path: "/dev/full")

        for _ in 0..<100 { output.write(line: line("lost")) }

        #expect(output.statistics.dropped == 100)
        #expect(output.statistics.written == 0)
        #expect(output.takeNotice()?.contains("No space left on device") == true)
        #expect(output.takeNotice() == nil)
    }

    @Test func `without a reader does not make anybody wait`() throws {
        let folder = try Scratch()
        _ = unsafe mkfifo(folder.path("pipe"), 0o600)
        let begin = ContinuousClock.now
        // Held open for reading and writing by the output itself, and never read: it fills up.
        var output = FileOutput(path: folder.path("pipe"))

        for _ in 0..<200 { output.write(line: [UInt8](repeating: 0x41, count: 1023) + [0x0A]) }

        #expect(ContinuousClock.now - begin < .seconds(5))
        #expect(output.statistics.dropped > 0)
        #expect(output.statistics.dropped + output.statistics.written == 200)
    }

    private static var hasSmallDisks: Bool {
        isRunAsRoot("a disk that fills up", with: "unshare", "mount")
    }

    @Test(.enabled(if: hasSmallDisks))
    func `on a disk that fills up holds whole lines, and goes on when there is room`() throws {
        let folder = try Scratch()
        let mount = try run(
            "/usr/bin/env",
            ["mount", "-t", "tmpfs", "-o", "size=64k", "none", folder.url.path]
        )
        try #require(mount.status == 0, "\(mount.errors)")
        defer { _ = try? run("/usr/bin/env", ["umount", folder.url.path]) }
        try Data(count: 40_000).write(to: folder.url.appending(path: "ballast"))
        var output = FileOutput(path: folder.path("events"))

        for number in 0..<100 {
            output.write(line: line("\(number) " + String(repeating: "x", count: 996)))
        }
        let before = output.statistics
        try FileManager.default.removeItem(atPath: folder.path("ballast"))
        output.write(line: line("there is room"))

        let lines = try folder.text("events").split(separator: "\n")
        #expect(before.dropped > 50)
        #expect(before.written + before.dropped == 100)
        #expect(lines.dropLast().allSatisfy { $0.count > 990 && $0.hasSuffix("xxx") })
        #expect(lines.last == "there is room")
        #expect(UInt64(lines.count) == output.statistics.written)
        #expect(output.takeNotice()?.contains("No space left") == true)
        #expect(output.takeNotice()?.contains("is written again") == true)
        #expect(output.takeNotice() == nil)
    }
}

/// What the command line says of places and times.
@Suite struct `The place of events` {
    @Test(arguments: [
        ("events.ndjson", OutputTarget.file("events.ndjson")), ("-", .standardOutput),
        ("tcp:log.example:5044", .tcp("log.example", 5044)), ("tcp:[::1]:9", .tcp("::1", 9)),
        ("unix:/run/x.sock", .unix("/run/x.sock")),
    ])
    func `is read`(_ text: String, _ target: OutputTarget) {
        #expect(OutputTarget(text) == target)
    }

    @Test(arguments: [
        "", "tcp:", "tcp:host", "tcp::80", "tcp:host:0", "tcp:host:65536", "tcp:::1:80", "unix:",
        "unix:/" + String(repeating: "x", count: 120),
    ])
    func `is refused where it is none`(_ text: String) {
        #expect(OutputTarget(text) == nil)
    }

    @Test(arguments: [
        ("100MB", Rotation.size(100_000_000)), ("64KiB", .size(65_536)), ("1h", .period(3600)),
        ("7d", .period(604_800)), ("90s", .period(90)),
    ])
    func `may end by size or time`(_ text: String, _ rotation: Rotation) {
        #expect(Rotation(text) == rotation)
    }

    @Test(arguments: ["", "0MB", "5", "h", "-1h", "1 h", "9999999999999GB", "1.5h"])
    func `is not rotated by what is neither`(_ text: String) {
        #expect(Rotation(text) == nil)
    }
}
