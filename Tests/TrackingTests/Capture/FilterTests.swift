import Testing
import Tracking

/// Expressions of pcap-filter(7) over a capture file.
@Suite struct `A filter` {
    private let octets = CaptureOctets.pcap(
        [2, 0x10, 0x12, 0x10, 4].map { flags in
            CaptureOctets.Record(octets: Octets.ethernet(Octets.ipv4(Octets.tcp(flags: flags))))
        }
    )

    @Test(
        arguments: [
            ("tcp[tcpflags] & (tcp-syn|tcp-rst) != 0", [1, 3, 5]), ("tcp", [1, 2, 3, 4, 5]),
            ("udp", []),
            ("host 10.0.0.1 and tcp[tcpflags] == tcp-ack", [2, 4]), ("", [1, 2, 3, 4, 5]),
        ] as [(String, [UInt64])]
    )
    func `leaves frames out without renumbering the others`(
        _ expression: String,
        numbers: [UInt64]
    ) throws {
        let capture = try readCapture(octets, keepingOnly: expression)

        #expect(capture.frames.map(\.number) == numbers)
        #expect(capture.framesRead == 5)
        #expect(capture.octetsRead == UInt64(octets.count))
    }

    @Test(arguments: ["nonsense", "port", "tcp and", "host 300.0.0.1"])
    func `that is none is refused in libpcap's words`(_ expression: String) throws {
        let temporary = try TemporaryFile(octets)

        let error = try #require(refusal(at: temporary.path, keepingOnly: expression))

        #expect(error.offset == nil)
        #expect(error.reason.hasPrefix("cannot parse the filter '\(expression)': "))
    }

    @Test func `replaces the one before it`() throws {
        let temporary = try TemporaryFile(octets)
        var file = try PcapFile(path: temporary.path)

        try file.keep(only: "udp")
        try file.keep(only: "tcp[tcpflags] == tcp-rst")

        #expect(try file.advance())
        #expect(file.framesRead == 5)
    }
}
