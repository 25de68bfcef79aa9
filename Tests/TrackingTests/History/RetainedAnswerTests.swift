import Testing

@testable import Tracking

/// RHEL 6.9, NLM: four SYNs in 200 µs, and a filer that answers the first of them again and again.
@Suite struct `Answers retained for the first of several SYNs` {
    static let exchange = Exchange(from: "10.0.0.47:705", to: "10.0.0.81:304") {
        client.syn(seq: 2301595334, win: 14480, tsval: 110171009, tsecr: 1300375205)
        client.syn(seq: 4241129203, win: 14600, tsval: 110171009)
        client.syn(seq: 4241130150, win: 14600, tsval: 110171009)
        client.syn(seq: 4241130922, win: 14600, tsval: 110171009)
        for _ in 1...4 {
            server.synAck(seq: 1488229741, ack: 2301595335, tsecr: 110171009)
            client.refuses(.hostProhibited)
        }
        pause(.milliseconds(998))
        client.syn(seq: 4241130922, win: 14600, tsval: 110172009)
        server.synAck(seq: 1488229741, ack: 2301595335, tsecr: 110172009)
        client.refuses(.hostProhibited)
        pause(.seconds(9))
        client.syn(seq: 102290257, win: 14600, tsval: 110181002)
        server.synAck(seq: 1488229741, ack: 2301595335, tsecr: 110181002)
        client.refuses(.hostProhibited)
    }

    private func stale(
        _ reason: Answer.StaleReason,
        copy: Int,
        linked: [Int] = [1, 2, 3, 4]
    ) -> Interpretation {
        .answer(Answer(subject: .stale(attempt: 1, reason), copy: copy, linked: linked))
    }

    @Test func `tell what crossed, what was kept, and what matched an old half-open entry`() throws
    {
        let history = try #require(histories(of: Self.exchange).first)

        let burst: [Interpretation] = (1...4).map { .syn(attempt: $0, sending: 1) }
        let answers: [Interpretation] = [
            stale(.crossed, copy: 1), .icmp(about: 4), stale(.retained, copy: 2), .icmp(about: 6),
            stale(.retained, copy: 3), .icmp(about: 8), stale(.retained, copy: 4), .icmp(about: 10),
        ]
        let later: [Interpretation] = [
            .syn(attempt: 4, sending: 2), stale(.halfOpenEntry, copy: 5, linked: [4]),
            .icmp(about: 13),
            .syn(attempt: 5, sending: 1), stale(.halfOpenEntry, copy: 6, linked: [5]),
            .icmp(about: 16),
        ]
        #expect(history.interpretations == burst + answers + later)
    }

    @Test func `leave five attempts of which the first alone is answered`() throws {
        let history = try #require(histories(of: Self.exchange).first)

        let incarnation = try #require(history.incarnations.first)
        #expect(history.incarnations.count == 1)
        #expect(incarnation.attempts.map(\.sendings.count) == [1, 1, 1, 2, 1])
        #expect(incarnation.attempts.map(\.answers.count) == [6, 0, 0, 0, 0])
        #expect(incarnation.attempts.allSatisfy { $0.end == nil })
        #expect(incarnation.completion == nil)
        #expect(!history.isEverEstablished)
        #expect(history.initiator == Endpoint("10.0.0.47:705"))
        #expect(history.responder == Endpoint("10.0.0.81:304"))
    }

    @Test func `that come late, when the newest SYN has its own, are delayed duplicates`() throws {
        let interpretations = try interpretations {
            client.syn(seq: 1000, tsval: 10)
            client.syn(seq: 2000, tsval: 11)
            server.synAck(seq: 7000, ack: 2001, tsecr: 11)
            server.synAck(seq: 5000, ack: 1001, tsecr: 10)
        }

        let current = Answer(subject: .current(attempt: 2), copy: 1, linked: [2])
        let late = Answer(subject: .stale(attempt: 1, .delayedDuplicate), copy: 1, linked: [1])
        #expect(interpretations.dropFirst(2) == [.answer(current), .answer(late)])
    }
}
