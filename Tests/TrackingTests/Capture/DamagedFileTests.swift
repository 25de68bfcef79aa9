import Testing
import Tracking

/// Inputs that are no capture, or stop being one.
@Suite struct `A damaged capture` {
    private let record = CaptureOctets.Record(octets: Octets.ethernet(Octets.ipv4(Octets.tcp())))

    @Test(arguments: [(1, 0), (15, 0), (16, 0), (17, 0), (69, 0), (71, 1), (139, 1), (200, 2)])
    func `is read up to the record that was cut`(_ kept: Int, whole: Int) throws {
        let octets = CaptureOctets.pcap([record, record, record])

        let capture = try readCapture(Array(octets.prefix(24 + kept)))

        let error = try #require(capture.error)
        #expect(capture.frames.count == whole)
        #expect(error.offset == UInt64(24 + 70 * whole))
        #expect(error.reason.hasPrefix("the record of packet \(whole + 1) cannot be read: "))
    }

    @Test(arguments: [
        (10, "its header has 16 bytes, and the file ends after 10 of them"),
        (20, "it has 54 bytes, and the file ends after 4 of them"),
    ])
    func `says how much of a record is there`(_ kept: Int, reason: String) throws {
        let octets = CaptureOctets.pcap([record])

        let capture = try readCapture(Array(octets.prefix(24 + kept)))

        #expect(capture.error?.reason == "the record of packet 1 cannot be read: \(reason)")
    }

    @Test func `is read up to a record of impossible length`() throws {
        let good = CaptureOctets.pcap([record])
        let absurd = [UInt8](repeating: 0xFF, count: 16)

        let capture = try readCapture(good + absurd + good)

        #expect(capture.frames.count == 1)
        #expect(capture.error?.offset == 94)
    }

    @Test(arguments: [4, 5, 10, 23])
    func `with a cut file header is refused`(_ kept: Int) throws {
        let temporary = try TemporaryFile(Array(CaptureOctets.pcap([]).prefix(kept)))

        let error = try #require(refusal(at: temporary.path))

        #expect(error.offset == 0)
        #expect(error.reason.hasPrefix("the file header cannot be read: "))
    }

    @Test func `of another link type is refused by its name`() throws {
        let temporary = try TemporaryFile(CaptureOctets.pcap([], linkType: 195))

        let error = try #require(refusal(at: temporary.path))

        #expect(error.reason.hasPrefix("the link type 195 (IEEE802_15_4) is not supported; "))
    }

    @Test func `that is not there, is empty or a folder is refused`() throws {
        let temporary = try TemporaryFile([])

        let missing = refusal(at: temporary.path + ".missing")
        let empty = refusal(at: temporary.path)
        let folder = refusal(at: "/")

        #expect(missing?.reason == "No such file or directory")
        #expect(empty?.reason.hasPrefix("is empty; ") == true)
        #expect(folder?.reason == "is a directory, not a capture file")
    }

    @Test(arguments: [
        (
            "hello, world",
            "not a pcap or pcapng file (first bytes: 68 65 6c 6c)"
        ),
        ("a", "not a pcap or pcapng file (first bytes: 61)"),
        ("\r\n\r\n", "not a pcap or pcapng file (first bytes: 0d 0a 0d 0a)"),
    ])
    func `that is text is refused with what was found`(_ text: String, reason: String) throws {
        let temporary = try TemporaryFile(Array(text.utf8))

        #expect(refusal(at: temporary.path)?.reason == reason)
        #expect(refusal(at: temporary.path)?.offset == 0)
    }

    @Test(
        arguments: [
            ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], "xz"), ([0x42, 0x5A, 0x68, 0x39], "bzip2"),
            ([0x02, 0x21, 0x4C, 0x18], "lz4"),
        ] as [([UInt8], String)]
    )
    func `that is packed names the way to unpack it`(_ magic: [UInt8], program: String) throws {
        let temporary = try TemporaryFile(magic)

        let error = try #require(refusal(at: temporary.path))

        let command = "\(program) -dc \(temporary.path) | synopsis -"
        #expect(error.reason == "is compressed; unpack it first: \(command)")
        #expect(error.description == "\(temporary.path): at byte 0: \(error.reason)")
    }
}
