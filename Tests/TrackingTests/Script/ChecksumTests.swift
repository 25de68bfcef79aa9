import Testing
import Tracking

/// The frames of a script are good frames: lengths and checksums are right.
@Suite struct `A scripted frame` {
    private let exchange = Exchange {
        client.syn(seq: 4294967290, length: 3)
        server.synAck(seq: 5000, ack: 4294967294)
        client.refuses(.hostProhibited)
        client.data(seq: 4294967294, ack: 5001, length: 1400)
        server.data(seq: 5001, ack: 1398, length: 7)
        client.rst(seq: 1398)
        server.rstAck(ack: 1399)
        router.refuses(.prohibited, about: .client)
    }

    private func sum(_ octets: some Collection<UInt8>) -> UInt64 {
        octets.enumerated().reduce(0) { $0 + UInt64($1.element) * ($1.offset % 2 == 0 ? 256 : 1) }
    }

    /// A sum of words with its own checksum is a multiple of 65535 (RFC 1071 §1).
    private func isSound(_ octets: some Collection<UInt8>, beside pseudo: UInt64 = 0) -> Bool {
        (sum(octets) + pseudo) % 65535 == 0
    }

    @Test(arguments: [[], [5], [7, 100]] as [[UInt16]])
    func `of IPv4 has sound checksums and lengths`(_ vlans: [UInt16]) {
        let frames = exchange.tagged(vlans).frames

        #expect(frames.count == 8)
        for frame in frames {
            let datagram = frame.octets.dropFirst(14 + 4 * vlans.count)
            let header = datagram.prefix(20)
            let payload = datagram.dropFirst(20)
            let number = header[header.startIndex + 9]
            let pseudo = sum(header.suffix(8)) + UInt64(number) + UInt64(payload.count)
            #expect(sum(header.dropFirst(2).prefix(2)) == UInt64(datagram.count))
            #expect(isSound(header))
            #expect(isSound(payload, beside: number == 6 ? pseudo : 0))
        }
    }

    @Test func `of IPv6 has sound checksums and lengths`() {
        for frame in exchange.overIPv6.frames {
            let datagram = frame.octets.dropFirst(14)
            let header = datagram.prefix(40)
            let payload = datagram.dropFirst(40)
            let number = header[header.startIndex + 6]
            let pseudo = sum(header.suffix(32)) + UInt64(number) + UInt64(payload.count)
            #expect(sum(header.dropFirst(4).prefix(2)) == UInt64(payload.count))
            #expect([6, 58].contains(number))
            #expect(isSound(payload, beside: pseudo))
        }
    }

    @Test func `is found again in the script's own pcap file`() throws {
        let capture = try readCapture(exchange.pcap)

        #expect(capture.error == nil)
        #expect(capture.frames.map(\.octets) == exchange.frames.map(\.octets))
        #expect(capture.frames.map(\.time) == exchange.frames.map(\.time))
        #expect(capture.frames.map(\.number) == Array(1...8))
    }
}
