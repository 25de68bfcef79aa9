import Testing
import Tracking

/// What a script means: who, when, with which numbers.
@Suite struct `A script` {
    private let exchange = Exchange(from: "10.0.0.1:700", to: "10.0.0.2:2049") {
        client.syn(seq: 1000, tsval: 77)
        pause(.milliseconds(12))
        server.synAck(seq: 5000, ack: 1001).flagged
        client.rst(seq: 1001)
        server.rstAck(ack: 1001)
        router.refuses(.prohibited, about: .server).flagged
    }

    private func segments(of exchange: Exchange) throws -> [Segment] {
        try exchange.frames.compactMap { try decode($0.octets).segment }
    }

    @Test func `sends its lines 100 µs apart, and after a pause at once`() {
        let times = exchange.frames.map { ($0.time - exchange.begin) / 1000 }

        #expect(times == [0, 12_000, 12_100, 12_200, 12_300])
    }

    @Test func `flags packets by their number in the capture`() {
        #expect(exchange.flaggedPackets == [2, 5])
    }

    @Test func `says what the segments carry`() throws {
        let segments = try segments(of: exchange)

        #expect(segments.map(\.flags.description) == ["SYN", "SYN, ACK", "RST", "RST, ACK"])
        #expect(segments.map(\.sequence.rawValue) == [1000, 5000, 1001, 0])
        #expect(segments.map(\.acknowledgment.rawValue) == [0, 1001, 0, 1001])
        #expect(segments.map(\.source.port) == [700, 2049, 700, 2049])
        #expect(segments[0].options.timestampValue == 77)
        #expect(segments[1].options.timestampEcho == 77)
        #expect(segments[2].options == TCPOptions())
    }

    @Test func `quotes the newest segment of whom an ICMP error is about`() throws {
        let frame = try #require(exchange.frames.last)

        let error = try #require(decode(frame.octets).icmpError)

        #expect(error.type == 3)
        #expect(error.code == 13)
        #expect(error.receiver == Address("10.0.0.2"))
        #expect(error.quoted.source == Endpoint("10.0.0.2:2049"))
        #expect(error.quoted.flags == [.rst, .ack])
    }

    @Test(arguments: [1, 0x8000_0000, 0xFFFF_FC18] as [UInt32])
    func `that is shifted moves both sequence spaces, and nothing else`(_ shift: UInt32) throws {
        let shifted = exchange.shifted(by: shift)

        let segments = try segments(of: shifted)

        #expect(
            segments.map(\.sequence.rawValue) == [
                1000 &+ shift, 5000 &+ shift &* 3, 1001 &+ shift, 0,
            ]
        )
        #expect(segments[1].acknowledgment.rawValue == 1001 &+ shift)
        #expect(shifted.frames.map(\.time) == exchange.frames.map(\.time))
        #expect(shifted.frames.map(\.octets.count) == exchange.frames.map(\.octets.count))
    }

    @Test func `over IPv6 keeps its structure`() throws {
        let six = exchange.overIPv6

        let segments = try segments(of: six)
        let error = try decode(#require(six.frames.last).octets).icmpError

        #expect(segments.map(\.source.address.isIPv4) == [false, false, false, false])
        #expect(segments.map(\.sequence) == (try self.segments(of: exchange)).map(\.sequence))
        #expect(error?.type == 1)
        #expect(error?.code == 1)
        #expect(six.flaggedPackets == exchange.flaggedPackets)
    }

    @Test func `in tagged frames names the outermost VLAN`() throws {
        let tagged = exchange.tagged([7, 100])

        #expect(try tagged.frames.map { try decode($0.octets).vlan } == [7, 7, 7, 7, 7])
        #expect(try segments(of: tagged) == segments(of: exchange))
    }
}
