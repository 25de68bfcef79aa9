import Testing
import Tracking

/// What IPv4 says of a segment, and what keeps it from being read (RFC 791 §3.1).
@Suite struct `An IPv4 datagram` {
    @Test func `gives the segment with its addresses and fields`() throws {
        let frame = Octets.ethernet(Octets.ipv4(Octets.tcp(flags: 0x18, payload: 5)))

        let segment = try #require(decode(frame).segment)

        #expect(segment.source == Endpoint("10.0.0.1:1000"))
        #expect(segment.destination == Endpoint("10.0.0.2:80"))
        #expect(segment.sequence == SequenceNumber(100))
        #expect(segment.acknowledgment == SequenceNumber(200))
        #expect(segment.flags == [.psh, .ack])
        #expect(segment.window == 256)
        #expect(segment.payloadLength == 5)
        #expect(segment.timeToLive == 64)
        #expect(segment.identification == 7)
    }

    @Test(arguments: [4, 12, 40])
    func `with options holds its segment behind them`(_ length: Int) throws {
        let options = [UInt8](repeating: 1, count: length)
        let frame = Octets.ethernet(Octets.ipv4(Octets.tcp(payload: 9), options: options))

        let segment = try #require(decode(frame).segment)

        #expect(segment.source.port == 1000)
        #expect(segment.payloadLength == 9)
    }

    @Test func `does not count Ethernet's padding as payload`() throws {
        let frame = Octets.ethernet(Octets.ipv4(Octets.tcp())) + [0, 0, 0, 0, 0, 0]

        #expect(try decode(frame).segment?.payloadLength == 0)
    }

    @Test func `counts payload that the snapshot length cut`() throws {
        let frame = Octets.ethernet(Octets.ipv4(Octets.tcp(payload: 1400)))

        #expect(try decode(Array(frame.prefix(96))).segment?.payloadLength == 1400)
    }

    @Test func `of total length 0 was left to the network card to cut`() throws {
        let frame = Octets.ethernet(Octets.ipv4(Octets.tcp(payload: 3000), total: 0))

        #expect(try decode(frame).segment?.payloadLength == 3000)
    }

    @Test(arguments: [0x2000, 0x0001, 0x2001, 0x1FFF] as [UInt16])
    func `that is a fragment waits for the others`(_ fragment: UInt16) throws {
        let frame = Octets.ethernet(Octets.ipv4(Octets.tcp(payload: 8), fragment: fragment))

        #expect(try decode(frame).unread == .incompleteFragment)
    }

    @Test(
        arguments: [(0x55, .malformed), (0x05, .malformed), (0x44, .malformed), (0x40, .malformed)]
            as [(UInt8, UnreadReason)]
    )
    func `with a wrong version or header length is malformed`(
        _ octet: UInt8,
        reason: UnreadReason
    ) throws {
        var datagram = Octets.ipv4(Octets.tcp())
        datagram[0] = octet

        #expect(try decode(Octets.ethernet(datagram)).unread == reason)
    }

    @Test(arguments: [1, 19, 20, 39])
    func `shorter than its headers by its own claim is malformed`(_ total: Int) throws {
        let frame = Octets.ethernet(Octets.ipv4(Octets.tcp(), total: total))

        #expect(try decode(frame).unread == .malformed)
    }

    @Test(arguments: [0, 4, 6, 15] as [UInt8])
    func `whose TCP header length is impossible is malformed`(_ words: UInt8) throws {
        let frame = Octets.ethernet(Octets.ipv4(Octets.tcp(words: words)))

        #expect(try decode(frame).unread == .malformed)
    }

    @Test func `whose options were not captured whole is cut short`() throws {
        let options = [UInt8](repeating: 1, count: 40)
        let frame = Octets.ethernet(Octets.ipv4(Octets.tcp(), options: options))

        #expect(try decode(Array(frame.prefix(70))).unread == .cutShort)
    }

    @Test(arguments: [0, 2, 17, 47, 89, 132] as [UInt8])
    func `of another protocol is not TCP`(_ number: UInt8) throws {
        let frame = Octets.ethernet(Octets.ipv4(Octets.tcp(), protocol: number))

        #expect(try decode(frame).unread == .notTCP)
    }
}
