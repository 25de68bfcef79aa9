import Testing
import Tracking

/// The walk over IPv6 extension headers to the segment (RFC 8200 §4; RFC 4302).
@Suite struct `An IPv6 datagram` {
    private func frame(_ payload: [UInt8], next: UInt8 = 6, length: Int? = nil) -> [UInt8] {
        Octets.ethernet(Octets.ipv6(payload, next: next, length: length), type: 0x86DD)
    }

    @Test func `gives the segment with its addresses and hop limit`() throws {
        let segment = try #require(decode(frame(Octets.tcp(payload: 5))).segment)

        #expect(segment.source == Endpoint("[2001:db8::1]:1000"))
        #expect(segment.destination == Endpoint("[2001:db8::2]:80"))
        #expect(segment.payloadLength == 5)
        #expect(segment.timeToLive == 64)
        #expect(segment.identification == 0)
    }

    @Test(arguments: [0, 43, 60, 135] as [UInt8], [0, 1, 5] as [UInt8])
    func `is read behind an extension header`(_ kind: UInt8, words: UInt8) throws {
        let header = [6, words] + [UInt8](repeating: 0, count: 6 + 8 * Int(words))

        let segment = try #require(
            decode(frame(header + Octets.tcp(payload: 5), next: kind)).segment
        )

        #expect(segment.source.port == 1000)
        #expect(segment.payloadLength == 5)
    }

    @Test(arguments: [1, 4, 7] as [UInt8])
    func `is read behind an authentication header`(_ words: UInt8) throws {
        let header = [6, words] + [UInt8](repeating: 0, count: 6 + 4 * (Int(words) - 0))

        let segment = try #require(decode(frame(header + Octets.tcp(payload: 5), next: 51)).segment)

        #expect(segment.source.port == 1000)
        #expect(segment.payloadLength == 5)
    }

    @Test func `is read behind several extension headers`() throws {
        let hopByHop: [UInt8] = [43, 0, 5, 2, 0, 0, 1, 0]
        let routing: [UInt8] = [60, 0, 4, 0, 0, 0, 0, 0]
        let options: [UInt8] = [6, 0, 1, 4, 0, 0, 0, 0]
        let headers = hopByHop + routing + options

        let segment = try #require(decode(frame(headers + Octets.tcp(payload: 1), next: 0)).segment)

        #expect(segment.payloadLength == 1)
    }

    @Test func `that is a fragment waits for the others, unless it is the only one`() throws {
        let only: [UInt8] = [6, 0, 0, 0, 0, 0, 0, 9]
        let first: [UInt8] = [6, 0, 0, 1, 0, 0, 0, 9]
        let later: [UInt8] = [6, 0, 0, 8, 0, 0, 0, 9]

        let read = try decode(frame(only + Octets.tcp(payload: 8), next: 44))
        let unread = try [first, later].map {
            try decode(frame($0 + Octets.tcp(payload: 8), next: 44)).unread
        }

        #expect(read.segment?.source.port == 1000)
        #expect(unread == [.incompleteFragment, .incompleteFragment])
    }

    @Test func `of payload length 0 was left to the network card to cut`() throws {
        let segment = try decode(frame(Octets.tcp(payload: 3000), length: 0)).segment

        #expect(segment?.payloadLength == 3000)
    }

    @Test func `shorter than its headers by its own claim is malformed`() throws {
        #expect(try decode(frame(Octets.tcp(), length: 19)).unread == .malformed)
    }

    @Test func `of another version is malformed`() throws {
        var datagram = Octets.ipv6(Octets.tcp())
        datagram[0] = 0x40

        #expect(try decode(Octets.ethernet(datagram, type: 0x86DD)).unread == .malformed)
    }

    @Test(arguments: [17, 59, 89, 132] as [UInt8])
    func `of another protocol is not TCP`(_ number: UInt8) throws {
        #expect(try decode(frame(Octets.tcp(), next: number)).unread == .notTCP)
    }

    @Test(arguments: [0, 43, 44, 51, 60] as [UInt8], [0, 1, 7])
    func `cut within an extension header is cut short`(_ kind: UInt8, count: Int) throws {
        let header = [UInt8]([6, 0, 0, 0, 0, 0, 0, 0].prefix(count))

        #expect(try decode(frame(header, next: kind, length: 100)).unread == .cutShort)
    }

    @Test func `with an extension header longer than the capture is cut short`() throws {
        let header: [UInt8] = [6, 255, 0, 0, 0, 0, 0, 0]

        #expect(try decode(frame(header, next: 60, length: 3000)).unread == .cutShort)
    }
}
