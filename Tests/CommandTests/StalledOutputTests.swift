import Foundation
import Requirements
import Testing

/// `synopsis live` beside outputs that take nothing.
@Suite(.serialized, .tags(.slow)) struct `A capture whose outputs stall` {
    /// The loopback, with statistics ten times a second in a file, and a second output.
    private func live(_ other: String, in folder: Scratch, output: FileHandle? = nil) throws
        -> Running
    {
        let beside = folder.url.appending(path: "beside").path
        return try Running(
            [try Program.path.path, "live", "-i", "lo", "--format", "ndjson", "--interval", "0.1"]
                + ["-o", beside, "-o", other],
            in: folder,
            output: output
        )
    }

    private func count(_ running: Running) -> Int { running.text("beside").count { $0 == "\n" } }

    @Test(.enabled(if: isRunAsRoot("a capture whose outputs stall")))
    func `goes on when nobody reads standard output, and ends when it is told to`() throws {
        let (folder, pipe) = (try Scratch(), Pipe())
        let setSize: Int32 = 1031
        _ = fcntl(pipe.fileHandleForWriting.fileDescriptor, setSize, 4096)
        let running = try live("-", in: folder, output: pipe.fileHandleForWriting)
        #expect(eventually { count(running) > 20 })

        kill(running.process.processIdentifier, SIGTERM)

        #expect(running.ends(within: 5))
        #expect(running.process.terminationStatus == 0)
        #expect(running.text("beside").hasSuffix("\n"))
        #expect(running.text("err").contains("standard output:"))
        #expect(running.text("err").contains("not sent"))
    }

    @Test(
        .enabled(
            if: isRunAsRoot(
                "a frozen file system",
                with: "mkfs.ext4",
                "mount",
                "umount",
                "fsfreeze"
            )
        )
    )
    func `goes on while a file system is frozen`() throws {
        let (folder, frozen) = (try Scratch(), try Scratch())
        let image = folder.file("image", Data(count: 16 << 20)).path
        func tool(_ words: String...) throws -> Int32 {
            let tool = try Running(["/usr/bin/env"] + words, in: Scratch())
            tool.process.waitUntilExit()
            return tool.process.terminationStatus
        }
        try #require(tool("mkfs.ext4", "-q", "-F", image) == 0)
        try #require(tool("mount", "-o", "loop", image, frozen.url.path) == 0)
        defer { _ = try? tool("umount", frozen.url.path) }
        let running = try live(frozen.url.appending(path: "events").path, in: folder)
        #expect(eventually { count(running) > 3 })

        try #require(tool("fsfreeze", "-f", frozen.url.path) == 0)
        let before = count(running)
        let goesOn = eventually { count(running) > before + 10 }
        kill(running.process.processIdentifier, SIGTERM)
        let hasEnded = eventually { running.text("err").contains("not sent") }
        let after = count(running)
        _ = try tool("fsfreeze", "-u", frozen.url.path)

        #expect(goesOn)
        #expect(hasEnded)
        // The kernel lets no process go that waits for a frozen file system.
        #expect(running.ends(within: 5))
        #expect(running.process.terminationStatus == 0)
        #expect(count(running) == after)
    }
}
