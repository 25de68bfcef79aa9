import Testing

@testable import Tracking

/// What brings a connection up, and what only looks like it.
@Suite struct `A completion` {
    @Test func `is the ACK of a SYN-ACK, once`() throws {
        let interpretations = try interpretations {
            client.syn(seq: 1000)
            pause(.seconds(1))
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 10)
        }

        let answer = Answer(subject: .current(attempt: 1), copy: 1, linked: [1])
        let expected: [Interpretation] = [
            .syn(attempt: 1, sending: 1), .syn(attempt: 1, sending: 2), .answer(answer),
            .completion(attempt: 1), .plain,
        ]
        #expect(interpretations == expected)
    }

    @Test func `of a later attempt names it`() throws {
        let history = try #require(
            histories(
                of: Exchange {
                    client.syn(seq: 1000)
                    server.rstAck(ack: 1001)
                    pause(.seconds(1))
                    client.syn(seq: 2000)
                    server.synAck(seq: 5000, ack: 2001)
                    client.ack(seq: 2001, ack: 5001)
                }
            ).first
        )

        let incarnation = try #require(history.incarnations.first)
        #expect(history.isEverEstablished)
        #expect(incarnation.completion == 4)
        #expect(incarnation.attempts.map(\.end) == [.refused(1), .completed(4)])
    }

    @Test func `does not follow from a challenge ACK`() throws {
        let interpretations = try interpretations {
            client.syn(seq: 1000)
            server.ack(seq: 7000, ack: 3000)
            client.rst(seq: 3000)
            pause(.milliseconds(10))
            client.syn(seq: 1000)
            server.synAck(seq: 9000, ack: 1001)
            client.ack(seq: 1001, ack: 9001)
        }

        let answer = Answer(subject: .current(attempt: 1), copy: 1, linked: [1])
        let expected: [Interpretation] = [
            .syn(attempt: 1, sending: 1), .challenge(attempt: 1, state: .unknown),
            .reset(Reset(rule: .rejects(1), form: .passive)),
            .syn(attempt: 1, sending: 2), .answer(answer), .completion(attempt: 1),
        ]
        #expect(interpretations == expected)
    }

    @Test func `may come to data that the SYN carried`() throws {
        let interpretations = try interpretations {
            client.syn(seq: 1000, length: 100)
            pause(.seconds(1))
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1101)
            client.ack(seq: 1101, ack: 5001)
        }

        let answer = Answer(subject: .current(attempt: 1), copy: 1, linked: [1])
        #expect(interpretations.suffix(2) == [.answer(answer), .completion(attempt: 1)])
    }

    @Test func `needs an ICMP error about its SYN to be taken back`() throws {
        let history = try #require(
            histories(
                of: Exchange {
                    client.syn(seq: 1000)
                    router.refuses(.hostUnreachable, about: .client)
                }
            ).first
        )

        #expect(history.interpretations == [.syn(attempt: 1, sending: 1), .icmp(about: 0)])
        #expect(history.incarnations.first?.attempts.map(\.end) == [.rejected(1)])
    }
}
