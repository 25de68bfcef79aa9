import Diagnosing
import Testing

@testable import Tracking

/// What selective acknowledgments say of data that never arrives.
@Suite struct `A hole in a stream` {
    /// Two NOPs, and one block (RFC 2018 §3).
    private static func blocks(_ left: UInt32, _ right: UInt32) -> [UInt8] {
        [1, 1, 5, 10]
            + [left, right].flatMap { edge in
                [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: edge >> UInt32($0)) }
            }
    }

    private func exchange(holdsRest: Bool) -> Exchange {
        Exchange(to: "198.51.100.20:5432") {
            ScriptOpening.tcp
            client.data([UInt8](repeating: 46, count: 80))
            server.data([UInt8](repeating: 46, count: 80))
            client.ack()
            client.data(seq: 1081, ack: 5081, length: 400)
            client.data(seq: 1481, ack: 5081, length: 300)
            if holdsRest {
                server.ack(seq: 5081, ack: 1081).options(.octets(Self.blocks(1481, 1781)))
            }
            for wait in [200, 400, 800, 1600] {
                client.data(seq: 1081, ack: 5081, length: 400).after(.milliseconds(wait))
            }
            pause(.seconds(20))
        }
    }

    @Test func `is told with what arrived behind it`() throws {
        let found = try finding(by: RetransmissionTimeout.self, in: exchange(holdsRest: true))

        #expect(found.reason == "sack-hole")
        #expect(found[metric: "held_octets"] == .integer(300))
        #expect(found.summary.contains("although 300 bytes behind them did"))
        #expect(found.explanation.contains("selectively acknowledges up to 1781"))
        #expect(RetransmissionTimeout.blame(for: found) == [.network])
    }

    @Test func `is not one where nothing arrived`() throws {
        #expect(
            try findings(in: exchange(holdsRest: false), by: [RetransmissionTimeout.self]).isEmpty
        )
    }
}

/// The checksum of the datagram around a segment in a tunnel.
@Suite struct `A checksum of a tunnel` {
    /// A frame in VXLAN, with a checksum of the UDP datagram or none.
    private func wrapped(_ frame: [UInt8], _ change: UInt16?) -> [UInt8] {
        let vxlan: [UInt8] = [8, 0, 0, 0, 0, 0, 10, 0] + frame
        let length = UInt16(8 + vxlan.count)
        func bytes(_ number: UInt16) -> [UInt8] { [UInt8(number >> 8), UInt8(number & 0xFF)] }
        let addresses: [UInt8] = [172, 16, 0, 1, 172, 16, 0, 2]
        let header = bytes(50_000) + bytes(4789) + bytes(length) + [0, 0]
        var sum: UInt32 = 0
        let pseudo = addresses + [0, 17] + bytes(length)
        let summed = pseudo + header + vxlan + (vxlan.count % 2 == 1 ? [0] : [])
        for index in stride(from: 0, to: summed.count, by: 2) {
            sum += UInt32(summed[index]) << 8 | UInt32(summed[index + 1])
        }
        while sum >> 16 > 0 { sum = sum & 0xFFFF + sum >> 16 }
        let checksum = change.map { ~UInt16(sum) &+ $0 } ?? 0
        let udp = Array(header.prefix(6)) + bytes(checksum) + vxlan
        let ip: [UInt8] =
            [0x45, 0] + bytes(UInt16(20 + udp.count)) + [0, 7, 0x40, 0, 64, 17, 0, 0] + addresses
        return [2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 8, 8, 0] + ip + udp
    }

    private func frames(
        of exchange: Exchange,
        _ change: (Int) -> UInt16?
    ) -> [MemoryFrames.Record] {
        exchange.frames.enumerated().map { index, frame in
            MemoryFrames.Record(time: frame.time, octets: wrapped(frame.octets, change(index)))
        }
    }

    private let lost = Exchange(to: "10.1.2.3:80") {
        client.syn(seq: 1000)
        client.syn(seq: 1000).after(.seconds(1))
        client.syn(seq: 1000).after(.seconds(2))
    }

    private let late = Exchange(to: "10.1.2.3:80") {
        client.syn(seq: 1000)
        for wait in [1, 2, 4] { client.syn(seq: 1000).after(.seconds(wait)) }
        server.synAck(seq: 5000, ack: 1001)
        client.ack(seq: 1001, ack: 5001)
    }

    @Test func `that is wrong loses the SYN in it`() throws {
        let found = try findings(in: frames(of: lost) { _ in 1 }, by: [BadChecksum.self])

        #expect(found.map(\.reason) == ["outer-udp"])
        #expect(found.first?.packets == [1, 2, 3])
        #expect(found.first?.summary.contains("UDP datagrams of a tunnel") == true)
    }

    @Test func `that is wrong until the SYN arrives delays the connection`() throws {
        let found = try findings(in: frames(of: late) { $0 < 3 ? 1 : 0 }, by: [BadChecksum.self])

        #expect(found.map(\.reason) == ["outer-udp"])
        #expect(found.map(\.severity) == [.warning])
        #expect(found.first?.packets == [1, 2, 3])
    }

    @Test func `is none where it is right, or absent, or wrong throughout`() throws {
        for change: UInt16? in [0, nil] {
            let frames = frames(of: lost) { _ in change }
            #expect(try findings(in: frames, by: [BadChecksum.self]).isEmpty)
        }
        #expect(try findings(in: frames(of: late) { _ in 1 }, by: [BadChecksum.self]).isEmpty)
    }
}

/// What is known of a SYN by the error that quotes it.
@Suite struct `A SYN that was not captured` {
    private func errors(_ refusal: Refusal) -> [MemoryFrames.Record] {
        Exchange(to: "198.51.100.20:5432") {
            client.syn(seq: 1000)
            client.refuses(refusal, about: .client)
            client.syn(seq: 1000).after(.seconds(1))
            client.refuses(refusal, about: .client)
        }.frames.enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
    }

    @Test func `is known by the error that quotes it`() throws {
        let found = try #require(try incidents(in: errors(.hostUnreachable)).first)

        #expect(found.chain.map(\.finding.pathology) == ["icmp-unreachable"])
        #expect(
            found.verdict.contains(
                "192.0.2.10's own stack or firewall refused its SYN to 198.51.100.20:5432 twice"
            )
        )
    }

    @Test func `may be prohibited`() throws {
        let found = try findings(in: errors(.prohibited))

        #expect(found.map(\.pathology) == ["icmp-admin-prohibited"])
        #expect(found.map(\.reason) == ["not-captured"])
    }

    @Test func `is none of many in whose name somebody scans`() throws {
        let frames = (1...20).flatMap { host in
            Array(
                Exchange(to: "198.51.100.\(host):80") {
                    client.syn(seq: 1000)
                    router.refuses(.hostUnreachable, about: .client)
                }.frames.suffix(1)
            )
        }

        #expect(try findings(in: frames).isEmpty)
    }
}
