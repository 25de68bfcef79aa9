import Testing

@testable import Tracking

/// Which rule of RFC 9293 §3.10.7 a RST obeys.
@Suite struct `A RST` {
    /// RHEL 6.9, NFS without a firewall: frames 48 to 62.
    static let loop = Exchange(from: "192.168.122.18:815", to: "192.168.122.16:2049") {
        client.syn(seq: 3677241340, win: 14600, tsval: 966741)
        client.syn(seq: 3677245016, win: 14600, tsval: 966742)
        server.synAck(seq: 1365940280, ack: 3677241341, tsval: 1741462612, tsecr: 966741)
        client.rst(seq: 3677241341)
        server.rstAck(ack: 3677245017)
        pause(.milliseconds(4))
        client.syn(seq: 3677316102, win: 14600, tsval: 966746)
        client.syn(seq: 3677317394, win: 14600, tsval: 966746)
        server.synAck(seq: 1366005876, ack: 3677316103, tsval: 1741462616, tsecr: 966746)
        client.rst(seq: 3677316103)
        server.rstAck(ack: 3677317395)
    }

    @Test func `of the server answers the second SYN, not the client's RST`() throws {
        let history = try #require(histories(of: Self.loop).first)

        func crossed(_ attempt: Int, linked: [Int]) -> Interpretation {
            .answer(Answer(subject: .stale(attempt: attempt, .crossed), copy: 1, linked: linked))
        }
        let expected: [Interpretation] = [
            .syn(attempt: 1, sending: 1), .syn(attempt: 2, sending: 1), crossed(1, linked: [1]),
            .reset(Reset(rule: .rejects(2), form: .passive)),
            .reset(Reset(rule: .answersSecondSyn(attempt: 2), form: .passiveToSYN)),
            .syn(attempt: 3, sending: 1), .syn(attempt: 4, sending: 1), crossed(3, linked: [3, 4]),
            .reset(Reset(rule: .rejects(7), form: .passive)),
            .reset(Reset(rule: .answersSecondSyn(attempt: 4), form: .passiveToSYN)),
        ]
        #expect(history.interpretations == expected)
        #expect(
            history.incarnations.map(\.attempts).first?.map(\.end) == [
                .withdrawn(3), .refused(4), .withdrawn(8), .refused(9),
            ]
        )
    }

    @Test func `to a SYN that nothing had answered refuses it`() throws {
        let interpretations = try interpretations {
            client.syn(seq: 1000)
            server.rstAck(ack: 1001)
            pause(.milliseconds(500))
            client.syn(seq: 1000)
            server.rstAck(ack: 1001)
        }

        let refusal = Interpretation.reset(
            Reset(rule: .refusesSyn(attempt: 1), form: .passiveToSYN)
        )
        #expect(
            interpretations == [
                .syn(attempt: 1, sending: 1), refusal, .syn(attempt: 1, sending: 2), refusal,
            ]
        )
    }

    @Test func `of a live socket aborts`() throws {
        let interpretations = try interpretations {
            client.syn(seq: 1000)
            pause(.seconds(1))
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            server.rstAck(ack: 1001)
        }

        #expect(
            interpretations.suffix(2) == [
                .completion(attempt: 1), .reset(Reset(rule: .aborts, form: .passiveToSYN)),
            ]
        )
    }

    @Test func `is found with its rule`() throws {
        let history = try #require(histories(of: Self.loop).first)

        #expect(history.resets().map(\.event) == [3, 4, 8, 9])
        #expect(history.resets().first?.rule == .rejects(2))
        #expect(history.delay(from: 3, to: 4) == 100_000)
    }
}
