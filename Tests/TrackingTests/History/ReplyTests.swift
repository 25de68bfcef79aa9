import Testing

@testable import Tracking

@Suite struct `A bare ACK to a SYN` {
    /// A connection that carried data; its numbers end at 1101 and 5101.
    private static let running: [ScriptStep] = [
        client.syn(seq: 1000), server.synAck(seq: 5000, ack: 1001),
        client.ack(seq: 1001, ack: 5001), client.data(seq: 1001, ack: 5001, length: 100),
        server.data(seq: 5001, ack: 1101, length: 100), client.ack(seq: 1101, ack: 5101),
    ]
    private static let closedByServer = [
        server.fin(seq: 5101, ack: 1101), client.fin(seq: 1101, ack: 5102),
        server.ack(seq: 5102, ack: 1102),
    ]
    private static let closedByClient = [
        client.fin(seq: 1101, ack: 5101), server.fin(seq: 5101, ack: 1102),
        client.ack(seq: 1102, ack: 5102),
    ]

    /// The state behind the ACK that answers a SYN 700 ms after `ending`.
    private func state(
        after ending: [ScriptStep],
        seq: UInt32,
        ack: UInt32,
        syn: ScriptStep = client.syn(seq: 3_000_000_000)
    ) throws -> ResponderState? {
        let steps =
            Self.running + ending + [
                pause(.milliseconds(700)), syn, server.ack(seq: seq, ack: ack),
                client.rst(seq: ack),
            ]
        for case .challenge(_, let state) in try histories(
            of: Exchange(from: "192.0.2.10:50000", to: "198.51.100.20:443", steps: steps)
        ).flatMap(\.interpretations) {
            return state
        }
        return nil
    }

    @Test func `names the state that the close left`() throws {
        let closeWait = [client.fin(seq: 1101, ack: 5101), server.ack(seq: 5101, ack: 1102)]
        let finWait = [server.fin(seq: 5101, ack: 1101), client.ack(seq: 1101, ack: 5102)]

        #expect(try state(after: [], seq: 5101, ack: 1101) == .established)
        #expect(try state(after: closeWait, seq: 5101, ack: 1102) == .closeWait)
        #expect(try state(after: finWait, seq: 5102, ack: 1101) == .finWait)
        #expect(try state(after: Self.closedByClient, seq: 5102, ack: 1102) == .lastAck)
    }

    @Test func `is one of TIME-WAIT when the responder closed first`() throws {
        let older = client.syn(seq: 3_000_000_000, tsval: 7)
        let lower = client.syn(seq: 500).options(.maximumSegmentSize(1460))

        #expect(
            try state(after: Self.closedByServer, seq: 5102, ack: 1102, syn: lower) == .timeWait
        )
        #expect(try state(after: Self.closedByServer, seq: 5102, ack: 1102, syn: older) == .paws)
    }

    @Test func `is not one of TIME-WAIT, which would have accepted the SYN`() throws {
        #expect(try state(after: Self.closedByServer, seq: 5102, ack: 1102) == .lastAck)
    }

    @Test func `is not laid to TIME-WAIT after four minutes`() throws {
        let ending = Self.closedByServer + [pause(.seconds(241))]

        #expect(try state(after: ending, seq: 5102, ack: 1102) == .unknown)
    }

    @Test func `speaks for a connection whose RST was lost`() throws {
        let ending = [client.rst(seq: 1101)]

        #expect(try state(after: ending, seq: 5101, ack: 1101) == .established)
    }

    @Test func `with other numbers is unknown`() throws {
        #expect(try state(after: [], seq: 900_000_000, ack: 800_000_000) == .unknown)
    }

    @Test func `is none when it asks whether the old connection lives`() throws {
        #expect(try state(after: [], seq: 5100, ack: 1101) == nil)
    }

    @Test func `speaks for a half-open entry whose SYN-ACK comes again later`() throws {
        let interpretations = try interpretations {
            client.syn(seq: 4_115_864_593)
            server.ack(seq: 2_410_280_810, ack: 956_456_355)
            pause(.milliseconds(516))
            server.synAck(seq: 2_410_280_809, ack: 956_456_355)
        }

        #expect(interpretations[1] == .challenge(attempt: 1, state: .synReceived))
    }

    @Test func `is none when it acknowledges the newest SYN, or data behind it`() throws {
        let exact = try interpretations {
            client.syn(seq: 1000)
            server.ack(seq: 5001, ack: 1001)
        }
        let data = try interpretations {
            client.syn(seq: 1000)
            server.ack(seq: 5001, ack: 1301)
        }

        #expect(exact.last == .plain)
        #expect(data.last == .plain)
    }

    @Test func `is none when the SYN-ACK follows without another SYN`() throws {
        let interpretations = try interpretations {
            client.syn(seq: 4_115_864_593)
            server.ack(seq: 2_410_280_810, ack: 956_456_355)
            server.synAck(seq: 7000, ack: 4_115_864_594)
            client.ack(seq: 4_115_864_594, ack: 7001)
        }

        #expect(interpretations[1] == .plain)
        #expect(interpretations[3] == .completion(attempt: 1))
    }
}

@Suite struct `The connection before` {
    @Test func `is seen from who initiates the next one`() throws {
        let history = try #require(
            histories(
                of: Exchange(from: "192.0.2.10:900", to: "198.51.100.20:2049") {
                    server.data(seq: 5000, ack: 1000, length: 10)
                    client.ack(seq: 1000, ack: 5010)
                    pause(.seconds(1))
                    client.syn(seq: 3_000_000_000)
                    server.ack(seq: 5010, ack: 1000)
                    client.rst(seq: 1000)
                }
            ).first
        )
        let memory = try #require(history.incarnations.last?.former)
        let former = FormerConnection(history.events[memory])

        #expect(former.initiatorNext == SequenceNumber(1000))
        #expect(former.responderNext == SequenceNumber(5010))
        #expect(history.interpretations.contains(.challenge(attempt: 1, state: .established)))
    }

    @Test(
        arguments: [
            (1103, nil, .accepts), (1102, nil, .oldSequence), (900, nil, .oldSequence),
            (900, 501, .accepts), (900, 500, .oldSequence), (1103, 500, .accepts),
            (1103, 499, .oldTimestamp),
        ] as [(UInt32, UInt32?, FormerConnection.Verdict)]
    )
    func `accepts a SYN in TIME-WAIT by its ISN and timestamp`(
        _ sequence: UInt32,
        _ timestamp: UInt32?,
        _ verdict: FormerConnection.Verdict
    ) {
        var memory = event(.formerConnection, sequence: 1102)
        memory.facts.options.timestampValue = timestamp == nil ? 0 : 500
        var syn = event(.syn, sequence: sequence)
        syn.facts.options.timestampValue = timestamp ?? 0
        if timestamp != nil { syn.facts.options.presence = .timestamps }

        #expect(FormerConnection(memory).verdict(on: syn) == verdict)
    }

    private func event(_ kind: Event.Kind, sequence: UInt32) -> Event {
        Event(
            kind,
            at: 0,
            packet: 1,
            sequence: SequenceNumber(sequence),
            flags: [],
            from: .low,
            encapsulation: .plain
        )
    }
}

@Suite struct `The form of a RST` {
    private func form(@ExchangeBuilder _ steps: () -> [ScriptStep]) throws -> Reset.Form? {
        for case .reset(let reset) in try interpretations(steps) { return reset.form }
        return nil
    }

    @Test func `tells that no socket made it`() throws {
        let toSYN = try form {
            client.syn(seq: 0xFFFF_FFFF)
            server.rstAck(ack: 0)
        }
        let toAnswer = try form {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.rst(seq: 1001)
        }

        #expect(toSYN == .passiveToSYN)
        #expect(toAnswer == .passive)
    }

    @Test func `tells that a live socket made it`() throws {
        let interpretations = try interpretations {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            server.ack(seq: 5001, ack: 1001).flags(.rst)
        }

        #expect(interpretations.last == .reset(Reset(rule: .aborts, form: .active)))
    }

    @Test func `is no stack's own where a window or a wrong number betrays it`() throws {
        let withWindow = try form {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.rst(seq: 1001).window(64240)
        }
        let unrelated = try form {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.rst(seq: 77)
        }

        #expect(withWindow == .other)
        #expect(unrelated == .other)
    }
}
