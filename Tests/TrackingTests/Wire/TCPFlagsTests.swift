import Testing
import Tracking

/// How control bits are written.
@Suite struct `TCP flags` {
    @Test(
        arguments: [
            (0x00, "<None>"), (0x02, "SYN"), (0x12, "SYN, ACK"), (0x14, "RST, ACK"),
            (0x11, "FIN, ACK"),
            (0x18, "PSH, ACK"), (0xC2, "SYN, ECE, CWR"), (0x1C2, "SYN, ECE, CWR, AE"),
            (0x1FF, "FIN, SYN, RST, PSH, ACK, URG, ECE, CWR, AE"),
        ] as [(UInt16, String)]
    )
    func `are named in the order of their bits`(_ bits: UInt16, names: String) {
        #expect(TCPFlags(rawValue: bits).description == names)
    }

    @Test func `take the ninth bit from the octet before them`() throws {
        var octets = Octets.tcp(flags: 0xC2)
        octets[12] |= 1

        let segment = try #require(decode(Octets.ethernet(Octets.ipv4(octets))).segment)

        #expect(segment.flags == [.syn, .ece, .cwr, .ae])
    }
}
