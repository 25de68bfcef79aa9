import Testing
@testable import Tracking

/// Messages that nobody should have sent.
@Suite struct `The log of port mappers` {
    private static let seeds: [[UInt8]] = [
        .getPort(of: 100_021, version: 4, over: .tcp, call: 7),
        .portmapReply(to: 7, [304]),
        .portmapCall(7, version: 4, procedure: 3, [100_003, 4]) + .text("udp") + .text("")
            + .text(""),
        .portmapReply(to: 7, []) + .text("198.51.100.20.8.1"),
        .portmapCall(7, version: 2, procedure: 4),
        .portmapReply(to: 7, [1, 100_021, 4, 6, 304, 1, 100_005, 3, 17, 20_048, 0]),
    ]

    private func changed(_ octets: [UInt8], _ chance: inout SplitMix64) -> [UInt8] {
        var octets = octets
        for _ in 0..<Int.random(in: 0...3, using: &chance) where !octets.isEmpty {
            let position = Int.random(in: octets.indices, using: &chance)
            octets[position] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &chance) ?? 0
        }
        if Bool.random(using: &chance) {
            octets.removeLast(Int.random(in: 0...octets.count, using: &chance))
        }
        return octets
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func `bears any message`(_ seed: UInt64) throws {
        var chance = SplitMix64(seed: seed)
        var frames: [MemoryFrames.Record] = []
        for _ in 0..<100 {
            let message = Self.seeds.randomElement(using: &chance) ?? []
            let octets = changed(message, &chance)
            let isCall = Bool.random(using: &chance)
            let isDatagram = Bool.random(using: &chance)
            let step = isCall ? client : server
            frames +=
                mapper {
                    isDatagram
                        ? step.datagram(octets)
                        : step.data(seq: 1, ack: 1, changed(octets.marked, &chance))
                }.frames
        }
        for index in frames.indices where Bool.random(using: &chance) {
            let octets = frames[index].octets
            let length = Int.random(in: 14...octets.count, using: &chance)
            frames[index] = .init(time: frames[index].time, octets: Array(octets.prefix(length)))
        }

        let log = try portmap(of: frames)

        // Whatever was made of it, each port that is named stands in the packet that is said to
        // name it.
        for exchange in log.exchanges {
            let packet = frames[Int(exchange.reply.packet) - 1].octets
            for naming in exchange.namings {
                let port: [UInt8] = [
                    UInt8(naming.endpoint.port >> 8), UInt8(naming.endpoint.port & 0xFF),
                ]
                let text = "\(port[0]).\(port[1])".utf8
                #expect(packet.contains(port) || packet.contains(Array(text)))
            }
        }
    }

    @Test(arguments: seeds.indices)
    func `says nothing by a message that was cut off`(_ index: Int) throws {
        let question = Self.seeds[index / 2 * 2]
        let answer = Self.seeds[index / 2 * 2 + 1]
        let whole = try namings(
            of: portmap(
                of: mapper {
                    client.datagram(question)
                    server.datagram(answer)
                }
            )
        )

        for length in answer.indices {
            let log = try portmap(
                of: mapper {
                    client.datagram(question)
                    server.datagram(Array(answer.prefix(length)))
                }
            )
            #expect(whole.starts(with: namings(of: log)))
        }
    }

    @Test func `forgets the oldest of too many calls`() throws {
        let calls = mapper {
            for call: UInt32 in 1...1025 { client.getPort(of: 100_021, version: 4, call: call) }
            server.port(304, call: 1)
            server.port(305, call: 2)
        }

        let log = try portmap(of: calls)

        #expect(namings(of: log) == ["198.51.100.20:305 100021/4 TCP"])
        #expect(log.refused == 1)
    }

    @Test func `counts what says the same again and again`() throws {
        let calls = mapper {
            for call: UInt32 in 1...50 {
                client.getPort(of: 100_021, version: 4, call: call)
                server.port(0, call: call)
            }
        }

        let log = try portmap(of: calls)

        #expect(log.exchanges.count == 16)
        #expect(log.repeated.values.reduce(0, +) == 34)
    }

    @Test func `leaves fragments alone`() throws {
        var frames = mapper {
            client.getPort(of: 100_021, version: 4, call: 7)
            server.port(304, call: 7)
        }.frames
        var reply = frames[1].octets
        reply[20] = 0x20
        frames[1] = .init(time: frames[1].time, octets: reply)

        #expect(try portmap(of: frames).exchanges.isEmpty)
    }

    @Test func `counts datagrams as what is not TCP, and segments as ever`() throws {
        let exchange = mapper {
            client.getPort(of: 100_021, version: 4, call: 7)
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
        }
        var tracker = Tracker()
        var source = MemoryFrames(exchange.frames, linkType: .ethernet)
        while try tracker.consume(next: 64, from: &source) {}

        #expect(tracker.tally.unread(.notTCP) == 1)
        #expect(tracker.tally.segments == 2)
        #expect(tracker.tally.rightChecksums == 2)
    }
}
