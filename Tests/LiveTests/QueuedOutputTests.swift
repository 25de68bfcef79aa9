import Foundation
import Live
import Testing

/// What a reader who stalls, or a disk, costs everybody else.
@Suite(.serialized) struct `An output with a queue` {
    /// A pipe of one page that nobody reads until it is told to.
    private final class StalledPipe: Sendable {
        let ends: (read: Int32, write: Int32)

        init() throws {
            var ends: [Int32] = [0, 0]
            try #require(unsafe pipe(&ends) == 0)
            self.ends = (ends[0], ends[1])
            let setSize: Int32 = 1031
            _ = fcntl(ends[1], setSize, 4096)
        }

        /// Reads until so many lines came, or none for a second.
        func lines(_ count: Int) -> [String] {
            var text: [UInt8] = []
            var octets = [UInt8](repeating: 0, count: 65_536)
            while text.count(where: { $0 == 0x0A }) < count {
                var polled = pollfd(fd: ends.read, events: Int16(POLLIN), revents: 0)
                guard unsafe poll(&polled, 1, 1000) == 1 else { break }
                let got = unsafe read(ends.read, &octets, octets.count)
                guard got > 0 else { break }
                text += octets[..<got]
            }
            return String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
        }

        deinit {
            close(ends.read)
            close(ends.write)
        }
    }

    private let long = [UInt8](repeating: 0x41, count: 999) + [0x0A]

    @Test func `never waits for its reader, and counts what it drops`() throws {
        let pipe = try StalledPipe()
        let output = QueuedOutput(StandardStream(descriptor: pipe.ends.write), limit: 10_000)
        let begin = ContinuousClock.now

        for _ in 0..<1000 { output.write(line: long) }
        let wait = ContinuousClock.now - begin
        output.end(within: .milliseconds(100))

        #expect(wait < .seconds(1))
        #expect(output.takeNotice()?.contains("is too slow") == true)
        #expect(output.takeNotice()?.contains("events were not sent") == true)
        #expect(output.statistics.dropped + output.statistics.written == 1000)
        #expect(output.statistics.written < 10)
        // Else the thread that was left behind would write to whatever is opened next.
        _ = pipe.lines(14)
    }

    @Test func `ends by its deadline, whatever its reader does`() throws {
        let pipe = try StalledPipe()
        let output = QueuedOutput(StandardStream(descriptor: pipe.ends.write))
        for _ in 0..<20 { output.write(line: long) }
        let begin = ContinuousClock.now

        output.end(within: .milliseconds(300))

        #expect(ContinuousClock.now - begin < .seconds(2))
        #expect(output.statistics.dropped > 10)
        _ = pipe.lines(5)
    }

    @Test func `brings everything to a reader who comes back, and says what was lost`() throws {
        let pipe = try StalledPipe()
        let output = QueuedOutput(StandardStream(descriptor: pipe.ends.write), limit: 20_000)
        for _ in 0..<100 { output.write(line: long) }
        let before = output.statistics.dropped

        let lines = pipe.lines(100 - Int(before))
        #expect(eventually { output.statistics.written == UInt64(lines.count) })
        output.write(line: line("last"))
        let last = pipe.lines(1)
        output.end(within: .seconds(2))

        #expect(lines.allSatisfy { $0.count == 999 })
        #expect(lines.count == 100 - Int(before))
        #expect(last == ["last"])
        #expect(output.statistics.dropped == before)
        #expect(output.takeNotice()?.contains("is too slow") == true)
        #expect(output.takeNotice()?.contains("keeps up again; \(before) events were") == true)
        #expect(output.takeNotice() == nil)
    }

    @Test func `waits for room at the end, where nothing else has to go on`() throws {
        let pipe = try StalledPipe()
        let output = QueuedOutput(StandardStream(descriptor: pipe.ends.write), limit: 2000)
        let deadline = ContinuousClock.now + .seconds(10)
        let reader = Thread { _ = pipe.lines(50) }
        reader.start()

        for _ in 0..<50 {
            output.waitForRoom(for: long.count, until: deadline)
            output.write(line: long)
        }
        output.end(within: .seconds(5))

        #expect(output.statistics.written == 50)
        #expect(output.statistics.dropped == 0)
    }

    @Test func `writes to a full disk no more than what it counts`() {
        let output = QueuedOutput(FileOutput(path: "/dev/full"))

        for _ in 0..<10 { output.write(line: long) }
        output.end(within: .seconds(2))

        #expect(output.statistics.dropped == 10)
        #expect(output.takeNotice()?.contains("No space left on device") == true)
    }

    @Test func `is abandoned once its reader has gone, without a complaint`() throws {
        _ = signal(SIGPIPE, SIG_IGN)
        var ends: [Int32] = [0, 0]
        try #require(unsafe pipe(&ends) == 0)
        defer { close(ends[1]) }
        close(ends[0])
        let output = QueuedOutput(StandardStream(descriptor: ends[1]))

        output.write(line: line("{}"))

        #expect(eventually { output.isAbandoned })
        #expect(output.failure == nil)
        output.end(within: .seconds(1))
    }

    @Test func `opens a file that was moved away again, behind what came before`() throws {
        let folder = try Scratch()
        let output = QueuedOutput(FileOutput(path: folder.path("events")))
        output.write(line: line("one"))
        #expect(try eventually { try folder.text("events") == "one\n" })
        try FileManager.default.moveItem(atPath: folder.path("events"), toPath: folder.path("old"))

        output.reopen()
        #expect(eventually { FileManager.default.fileExists(atPath: folder.path("events")) })
        output.write(line: line("two"))
        output.end(within: .seconds(2))

        #expect(try folder.text("old") == "one\n")
        #expect(try folder.text("events") == "two\n")
    }
}
