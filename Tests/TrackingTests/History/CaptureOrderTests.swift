import Testing

@testable import Tracking

/// Captures that show packets twice, or in another order than they were sent.
@Suite struct `A capture` {
    private let exchange = Exchange {
        client.syn(seq: 1000)
        pause(.milliseconds(1))
        server.synAck(seq: 5000, ack: 1001)
        client.ack(seq: 1001, ack: 5001)
    }

    private func history(of frames: [MemoryFrames.Record]) throws -> History {
        let tracked = try track(frames)
        let flow = try #require(tracked.flows.first)
        return History(flow, in: CaptureFacts(begin: 0, end: 0))
    }

    @Test(arguments: [false, true])
    func `of a mirror port holds each packet twice`(_ isV6: Bool) throws {
        let frames = (isV6 ? exchange.overIPv6 : exchange).frames.flatMap { frame in
            [frame, MemoryFrames.Record(time: frame.time + 10_000, octets: frame.octets)]
        }

        let history = try history(of: frames)

        let answer = Answer(subject: .current(attempt: 1), copy: 1, linked: [1])
        let expected: [Interpretation] = [
            .syn(attempt: 1, sending: 1), .duplicate(of: 0), .answer(answer), .duplicate(of: 2),
            .completion(attempt: 1),
        ]
        #expect(history.interpretations == expected)
        #expect(history.incarnations.first?.attempts.map(\.sendings) == [[0]])
    }

    @Test func `holds the same datagram twice, though not the same segment sent twice`() throws {
        var frames = exchange.frames
        let answer = frames[1]
        frames.insert(.init(time: answer.time + 1_000_000, octets: answer.octets), at: 2)
        var resent = answer.octets
        resent[19] &+= 1
        frames.insert(.init(time: answer.time + 2_000_000, octets: resent), at: 3)

        let interpretations = try history(of: frames).interpretations

        let second = Answer(subject: .current(attempt: 1), copy: 2, linked: [1])
        #expect(interpretations.dropFirst(2).prefix(2) == [.duplicate(of: 1), .answer(second)])
    }

    @Test(arguments: [0, 3_000_000] as [Int64])
    func `may show an answer up to 3 ms before its SYN`(_ delay: Int64) throws {
        var frames = exchange.frames
        frames[0] = .init(time: frames[1].time + delay, octets: frames[0].octets)
        frames.swapAt(0, 1)

        let history = try history(of: frames)

        let answer = Answer(subject: .current(attempt: 1), copy: 1, linked: [])
        let expected: [Interpretation] = [
            .answer(answer), .syn(attempt: 1, sending: 1), .completion(attempt: 1),
        ]
        #expect(history.interpretations == expected)
        #expect(history.incarnations.first?.attempts.map(\.answers) == [[0]])
    }

    @Test func `does not show an answer 4 ms before its SYN`() throws {
        var frames = exchange.frames
        frames[0] = .init(time: frames[1].time + 4_000_000, octets: frames[0].octets)
        frames.swapAt(0, 1)

        let interpretations = try history(of: frames).interpretations

        let answer = Answer(subject: .unsolicited, copy: 1, linked: [])
        #expect(interpretations.first == .answer(answer))
    }

    @Test(arguments: [(UInt16(7), true), (8, false)])
    func `copies may come late through a router with the same identification alone`(
        _ identification: UInt16,
        _ isCopy: Bool
    ) throws {
        let copies = Exchange {
            client.syn(seq: 1000, tsval: 10).identification(7).ttl(128)
            client.syn(seq: 1000, tsval: 10).identification(identification).ttl(127)
                .after(.milliseconds(85))
        }

        let last = try history(of: copies.frames).interpretations.last
        #expect((last == .duplicate(of: 0)) == isCopy)
    }
}
