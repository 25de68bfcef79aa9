import Foundation
import Testing

/// Ctrl-C while a capture is read.
@Suite struct `An interruption` {
    private let folder: Scratch
    private let capture: Data

    init() throws {
        folder = try Scratch()
        capture = try Data(contentsOf: Program.root.appending(path: "Captures/nfs-syn-burst.pcap"))
    }

    /// The program, with a pipe for its standard input that stays open.
    private func start(_ arguments: [String], _ input: Pipe?) throws -> Process {
        let process = Process()
        process.executableURL = try Program.path
        process.arguments = arguments
        process.environment = ["TZ": "UTC", "PATH": "/usr/bin:/bin"]
        process.standardInput = input ?? FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: folder.file("out"))
        process.standardError = try FileHandle(forWritingTo: folder.file("err"))
        try process.run()
        return process
    }

    private func text(_ name: String) throws -> String {
        try String(contentsOf: folder.url.appending(path: name), encoding: .utf8)
    }

    private func isDrained(_ pipe: Pipe) -> Bool {
        var count: Int32 = 1
        let descriptor = pipe.fileHandleForWriting.fileDescriptor
        return unsafe ioctl(descriptor, UInt(FIONREAD), &count) == 0 && count == 0
    }

    @Test(arguments: [SIGINT, SIGTERM])
    func `of a pipe gives the report of what came, and is a normal end`(_ number: Int32) throws {
        let pipe = Pipe()
        let process = try start(["-", "--format", "json"], pipe)
        // The last packet is cut: its rest would have come.
        try pipe.fileHandleForWriting.write(contentsOf: capture.dropLast(10))
        try #require(eventually { isDrained(pipe) })

        kill(process.processIdentifier, number)
        process.waitUntilExit()

        let report = try text("out")
        #expect(process.terminationStatus == 0)
        #expect(try text("err") == "")
        #expect(report.contains("\"interrupted\":true"))
        #expect(report.contains("\"totals\":{\"packets\":25,"))
        #expect(report.contains("{\"code\":\"interrupted\""))
        #expect(!report.contains("damaged"))
    }

    @Test func `reads what the writer of a pipe still had`() throws {
        let pipe = Pipe()
        let process = try start(["-"], pipe)
        try pipe.fileHandleForWriting.write(contentsOf: capture.prefix(1000))
        try #require(eventually { isDrained(pipe) })

        kill(process.processIdentifier, SIGINT)
        usleep(50_000)
        try pipe.fileHandleForWriting.write(contentsOf: capture.dropFirst(1000))
        try pipe.fileHandleForWriting.close()
        process.waitUntilExit()

        #expect(process.terminationStatus == 0)
        #expect(try text("out").contains("standard input   26 packets"))
        #expect(try text("out").contains("note: interrupted: "))
    }

    @Test func `follows --fail-on`() throws {
        let pipe = Pipe()
        let process = try start(["-", "--fail-on", "error"], pipe)
        try pipe.fileHandleForWriting.write(contentsOf: capture)
        try #require(eventually { isDrained(pipe) })

        kill(process.processIdentifier, SIGINT)
        process.waitUntilExit()

        #expect(process.terminationStatus == 1)
    }

    @Test func `quits when it comes again`() throws {
        let pipe = Pipe()
        let process = try start(["-"], pipe)
        try pipe.fileHandleForWriting.write(contentsOf: capture)
        try #require(eventually { isDrained(pipe) })

        kill(process.processIdentifier, SIGINT)
        usleep(50_000)
        kill(process.processIdentifier, SIGINT)
        process.waitUntilExit()

        #expect(process.terminationStatus == 130)
        #expect(try text("out") == "")
    }

    /// Whether a process has a handler for SIGINT, by the signals that proc(5) says it catches.
    private func catchesInterrupts(_ process: Process) -> Bool {
        let status = try? String(
            contentsOfFile: "/proc/\(process.processIdentifier)/status",
            encoding: .utf8
        )
        let line = status?.split(separator: "\n").first { $0.hasPrefix("SigCgt:") }
        let signals = line.flatMap { UInt64($0.dropFirst(7).drop { $0.isWhitespace }, radix: 16) }
        return (signals ?? 0) >> UInt64(SIGINT - 1) & 1 == 1
    }

    @Test func `before anything came says nothing`() throws {
        let pipe = Pipe()
        let process = try start(["-"], pipe)
        try #require(eventually { catchesInterrupts(process) })

        kill(process.processIdentifier, SIGINT)
        process.waitUntilExit()

        #expect(process.terminationStatus == 130)
        #expect(try text("out") == "" && text("err") == "")
    }

    @Test(arguments: ["1", "2"])
    func `of a file gives the report, and status 2`(_ threads: String) throws {
        let file = folder.file("long.pcap", capture)
        // Empty records without end, none of which is on the disk.
        try FileHandle(forWritingTo: file).truncate(atOffset: 64 << 30)
        let process = try start([file.path, "--threads", threads], nil)
        usleep(500_000)

        kill(process.processIdentifier, SIGINT)
        process.waitUntilExit()

        let report = try text("out")
        #expect(process.terminationStatus == 2)
        #expect(report.contains("note: interrupted: "))
        #expect(report.contains("10.0.0.47 cannot connect to 10.0.0.81:304"))
        #expect(try text("err") == "")
    }

    @Test func `of several files gives the report, and status 2`() throws {
        let long = folder.file("long.pcap", capture)
        try FileHandle(forWritingTo: long).truncate(atOffset: 64 << 30)
        let process = try start(
            [long.path, Program.root.appending(path: "Captures/refused.pcap").path],
            nil
        )
        usleep(500_000)

        kill(process.processIdentifier, SIGTERM)
        process.waitUntilExit()

        #expect(process.terminationStatus == 2)
        #expect(try text("out").contains("note: interrupted: "))
    }
}
