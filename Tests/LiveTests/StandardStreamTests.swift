import Glibc
import Testing

@testable import Live

@Suite("Standard output as a stream of lines")
struct StandardStreamTests {
    @Test func `A reader that has gone ends it without a complaint`() {
        _ = signal(SIGPIPE, SIG_IGN)
        var ends: [Int32] = [0, 0]
        #expect(unsafe pipe(&ends) == 0)
        defer { close(ends[1]) }
        var output = StandardStream(descriptor: ends[1])

        output.write(line: Array("{}\n".utf8))
        let wasAbandoned = output.isAbandoned
        close(ends[0])
        output.write(line: Array("{}\n".utf8))

        #expect(!wasAbandoned)
        #expect(output.isAbandoned)
        #expect(output.trouble == nil)
    }

    @Test func `A full disk is a complaint`() {
        let full = unsafe open("/dev/full", O_WRONLY)
        defer { close(full) }
        var output = StandardStream(descriptor: full)

        output.write(line: Array("{}\n".utf8))

        #expect(output.isAbandoned)
        #expect(output.trouble != nil)
    }
}
