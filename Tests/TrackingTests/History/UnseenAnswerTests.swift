import Testing

@testable import Tracking

/// RHEL 6.9, NLM: a SYN-ACK that acknowledges a SYN of which the capture knows nothing.
@Suite struct `An answer to something else` {
    static let unseen = Exchange(from: "10.0.0.36:866", to: "10.0.0.182:304") {
        client.syn(seq: 4115864593, win: 14600, tsval: 429549362)
        server.synAck(seq: 2901992808, ack: 956456355, tsval: 2932388808, tsecr: 429549362)
        client.refuses(.hostProhibited)
        pause(.milliseconds(2996))
        server.synAck(seq: 2901992808, ack: 956456355, tsval: 2932388808, tsecr: 429549362)
        client.refuses(.hostProhibited)
        pause(.seconds(13))
        client.syn(seq: 4115864593, win: 14600, tsval: 429565362)
        server.synAck(seq: 2901992808, ack: 956456355, tsval: 2932388808, tsecr: 429565362)
        client.refuses(.hostProhibited)
    }

    private func answer(_ subject: Answer.Subject, copy: Int, linked: [Int]) -> Interpretation {
        .answer(Answer(subject: subject, copy: copy, linked: linked))
    }

    @Test func `is unseen though its echo is of the very SYN`() throws {
        let history = try #require(histories(of: Self.unseen).first)

        let expected: [Interpretation] = [
            .syn(attempt: 1, sending: 1), answer(.unseen, copy: 1, linked: [1]), .icmp(about: 1),
            answer(.unseen, copy: 2, linked: [1]), .icmp(about: 3),
            .syn(attempt: 1, sending: 2), answer(.unseen, copy: 3, linked: [1]), .icmp(about: 6),
        ]
        #expect(history.interpretations == expected)
        #expect(history.incarnations.first?.attempts.first?.answers.isEmpty == true)
        #expect(history.answers().map(\.event) == [1, 3, 6])
    }

    @Test func `may belong to the connection before`() throws {
        let interpretations = try interpretations {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 100)
            server.data(seq: 5001, ack: 1101, length: 100)
            pause(.seconds(1))
            client.syn(seq: 900_000)
            server.synAck(seq: 5000, ack: 1001)
            client.rst(seq: 1001)
        }

        #expect(interpretations.first == .former)
        #expect(interpretations.dropFirst(2).first == answer(.former, copy: 1, linked: [1]))
        #expect(interpretations.last == .reset(Reset(rule: .rejects(2), form: .passive)))
    }

    @Test func `is unprompted when no SYN was captured at all`() throws {
        let interpretations = try interpretations {
            server.synAck(seq: 5000, ack: 1001)
            client.rst(seq: 1001)
        }

        #expect(
            interpretations == [
                answer(.unsolicited, copy: 1, linked: []),
                .reset(Reset(rule: .rejects(0), form: .passive)),
            ]
        )
    }
}
