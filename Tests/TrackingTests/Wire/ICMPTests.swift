import Testing
import Tracking

/// Errors and the segments that they quote (RFC 792; RFC 1812 §4.3.2.3; RFC 4443 §3).
@Suite struct `An ICMP error` {
    private func frame(_ type: UInt8, _ code: UInt8, quoting quote: [UInt8]) -> [UInt8] {
        Octets.ethernet(Octets.ipv4([type, code, 0, 0, 0, 0, 0, 0] + quote, protocol: 1))
    }

    private func frameV6(_ type: UInt8, _ code: UInt8, quoting quote: [UInt8]) -> [UInt8] {
        let icmp = [type, code, 0, 0, 0, 0, 0, 0] + quote
        return Octets.ethernet(Octets.ipv6(icmp, next: 58), type: 0x86DD)
    }

    @Test(arguments: [(3, 10), (4, 0), (11, 0), (12, 0)] as [(UInt8, UInt8)])
    func `names its sender and the segment that failed`(_ type: UInt8, code: UInt8) throws {
        let quote = Octets.ipv4(Octets.tcp(flags: 0x12, payload: 4))

        let error = try #require(decode(frame(type, code, quoting: quote)).icmpError)

        #expect(error.type == type)
        #expect(error.code == code)
        #expect(error.sender == Address("10.0.0.1"))
        #expect(error.receiver == Address("10.0.0.2"))
        #expect(error.quoted.source == Endpoint("10.0.0.1:1000"))
        #expect(error.quoted.destination == Endpoint("10.0.0.2:80"))
        #expect(error.quoted.sequence == SequenceNumber(100))
        #expect(error.quoted.acknowledgment == SequenceNumber(200))
        #expect(error.quoted.flags == [.syn, .ack])
        #expect(error.quoted.hasFlags)
    }

    @Test(arguments: 8..<14)
    func `that quotes eight octets knows ports and sequence alone`(_ count: Int) throws {
        let quote = Octets.ipv4(Array(Octets.tcp().prefix(count)), total: 40)

        let error = try #require(decode(frame(3, 1, quoting: quote)).icmpError)

        #expect(error.quoted.source.port == 1000)
        #expect(error.quoted.sequence == SequenceNumber(100))
        #expect(!error.quoted.hasFlags)
        #expect(error.quoted.flags == [])
    }

    @Test func `may quote a datagram with options`() throws {
        let quote = Octets.ipv4(Octets.tcp(), options: [1, 1, 1, 1])

        #expect(try decode(frame(3, 13, quoting: quote)).icmpError?.quoted.destination.port == 80)
    }

    @Test func `of version 6 quotes behind extension headers too`() throws {
        let quote = Octets.ipv6([6, 0, 0, 0, 0, 0, 0, 0] + Octets.tcp(flags: 2), next: 60)

        let error = try #require(decode(frameV6(1, 1, quoting: quote)).icmpError)

        #expect(error.sender == Address("2001:db8::1"))
        #expect(error.quoted.destination == Endpoint("[2001:db8::2]:80"))
        #expect(error.quoted.flags == .syn)
    }

    @Test(arguments: [(0, 0), (5, 0), (8, 0), (13, 0)] as [(UInt8, UInt8)])
    func `is no message that reports no lost segment`(_ type: UInt8, code: UInt8) throws {
        let quote = Octets.ipv4(Octets.tcp())

        #expect(try decode(frame(type, code, quoting: quote)).unread == .notTCP)
    }

    @Test(arguments: [128, 129, 133, 135, 136] as [UInt8])
    func `of version 6 is no neighbour discovery and no echo`(_ type: UInt8) throws {
        #expect(try decode(frameV6(type, 0, quoting: Octets.ipv6(Octets.tcp()))).unread == .notTCP)
    }

    @Test func `about UDP is not of TCP`() throws {
        let quote = Octets.ipv4(Octets.tcp(), protocol: 17)
        let quoteV6 = Octets.ipv6(Octets.tcp(), next: 17)

        #expect(try decode(frame(3, 3, quoting: quote)).unread == .notTCP)
        #expect(try decode(frameV6(1, 4, quoting: quoteV6)).unread == .notTCP)
    }

    @Test(arguments: [0, 1, 19, 20, 27])
    func `whose quote ends before the sequence number is cut short`(_ count: Int) throws {
        let quote = Array(Octets.ipv4(Octets.tcp()).prefix(count))

        #expect(try decode(frame(3, 3, quoting: quote)).unread == .cutShort)
    }

    @Test(arguments: [0, 1, 39, 40, 47])
    func `of version 6 whose quote ends there is cut short`(_ count: Int) throws {
        let quote = Array(Octets.ipv6(Octets.tcp()).prefix(count))

        #expect(try decode(frameV6(1, 4, quoting: quote)).unread == .cutShort)
    }
}
