import Foundation
import Testing

/// What the analysis of files gives up, although it opens no interface.
@Suite struct `An analysis of files` {
    private func analysis(_ pipe: Pipe, _ arguments: String...) throws -> Running {
        try Running(
            [try Program.path.path, "-"] + arguments,
            in: Scratch(),
            input: pipe.fileHandleForReading
        )
    }

    @Test func `keeps no right but to open files, and few system calls`() throws {
        let pipe = Pipe()
        defer { try? pipe.fileHandleForWriting.close() }
        let running = try analysis(pipe)

        #expect(eventually { running.status("Seccomp") == ["2"] })
        #expect(running.status("NoNewPrivs") == ["1"])
        // CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH: a capture may belong to anybody.
        let kept = geteuid() == 0 ? "0000000000000006" : "0000000000000000"
        #expect(running.status("CapEff") == [kept])
        #expect(running.status("CapPrm") == [kept])
    }

    @Test func `is not confined where that is not wanted`() throws {
        let pipe = Pipe()
        let running = try analysis(pipe, "--no-sandbox", "--format", "json")
        let capture = Program.root.appending(path: "Captures/refused.pcap")
        try pipe.fileHandleForWriting.write(contentsOf: try Data(contentsOf: capture))

        #expect(running.status("Seccomp") == ["0"])
        try pipe.fileHandleForWriting.close()
        #expect(running.ends(within: 10))
        #expect(running.text("out").contains("connection-refused"))
    }
}
