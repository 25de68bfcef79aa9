import Diagnosing
import Testing
import Tracking

@Suite struct `A violation of options` {
    /// A SYN sent twice with `offered`, and its SYN-ACK with `answered`.
    private func handshake(
        offering offered: [ScriptOption],
        answering answered: [ScriptOption]
    ) -> Exchange {
        Exchange {
            client.syn(seq: 1000).options(offered)
            pause(.seconds(1))
            client.syn(seq: 1000).options(offered)
            server.synAck(seq: 5000, ack: 1001).options(answered)
            client.ack(seq: 1001, ack: 5001)
        }
    }

    private func found(in exchange: Exchange) throws -> Finding? {
        try findings(in: exchange, by: [OptionViolation.self]).first
    }

    @Test(arguments: [
        (ScriptOption.windowScale(7), "window-scale-not-offered", Severity.warning),
        (.timestamps, "timestamps-not-offered", .warning),
        (.selectiveAcknowledgment, "sack-permitted-not-offered", .note),
    ])
    func `is an answer that nobody asked for`(
        _ option: ScriptOption,
        _ reason: String,
        _ severity: Severity
    ) throws {
        let exchange = handshake(
            offering: [.maximumSegmentSize(1460)],
            answering: [.maximumSegmentSize(1460), option]
        )

        let violation = try #require(try found(in: exchange))

        #expect(violation.reason == reason)
        #expect(violation.severity == severity)
        #expect(violation.confidence == .medium)
        #expect(violation.packets == [3])
        #expect(violation[metric: "sent_by"] == .text("server"))
    }

    @Test(arguments: [
        (ScriptOption.windowScale(15), "window-scale-above-14"),
        (.maximumSegmentSize(0), "mss-too-small"), (.octets([3, 9, 7]), "malformed-length"),
    ])
    func `is told by the segment alone`(_ option: ScriptOption, _ reason: String) throws {
        let exchange = handshake(
            offering: [.windowScale(7)],
            answering: [option]
        )

        let violation = try #require(try found(in: exchange))

        #expect(violation.reason == reason)
        #expect(violation.severity == .warning)
        #expect(violation.confidence == .high)
    }

    @Test func `is not what a SYN-ACK leaves out`() throws {
        let exchange = handshake(
            offering: [.maximumSegmentSize(1460), .windowScale(7), .timestamps],
            answering: [.maximumSegmentSize(1460)]
        )

        #expect(try found(in: exchange) == nil)
    }

    @Test func `is not a window scale of 0, which changes no window`() throws {
        let exchange = handshake(
            offering: [.maximumSegmentSize(1460)],
            answering: [.maximumSegmentSize(1460), .windowScale(0)]
        )

        #expect(try found(in: exchange) == nil)
    }

    @Test func `is a note where the segment was not captured whole`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000).options(.octets([8, 8, 0, 0, 0, 1, 0, 0]), .windowScale(7))
        }
        let frames = exchange.frames.map {
            MemoryFrames.Record(time: $0.time, octets: Array($0.octets.dropLast(2)))
        }

        let found = try histories(of: frames).compactMap { OptionViolation().examine($0) }

        #expect(found.allSatisfy { $0.severity == .note })
        let whole = try self.found(in: exchange)
        #expect(whole?.severity == .warning)
    }

    @Test func `is not an answer to what an earlier sending offered`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000).options(.maximumSegmentSize(1460), .windowScale(7))
            pause(.seconds(1))
            client.syn(seq: 1000).options(.maximumSegmentSize(1460))
            server.synAck(seq: 5000, ack: 1001).options(.windowScale(7))
            client.ack(seq: 1001, ack: 5001)
        }

        #expect(try found(in: exchange) == nil)
    }

    @Test func `is not claimed where the SYN was not captured`() throws {
        let exchange = Exchange {
            client.syn(seq: 700_000).options(.maximumSegmentSize(1460))
            server.synAck(seq: 5000, ack: 1001).options(.windowScale(7), .timestamps)
            client.rst(seq: 1001)
        }

        #expect(try found(in: exchange) == nil)
    }

    @Test func `is not claimed where the capture cuts the options off`() throws {
        var frames = handshake(offering: [.windowScale(7)], answering: [.windowScale(7)]).frames
        for index in [0, 1] {
            frames[index] = .init(
                time: frames[index].time,
                octets: Array(frames[index].octets.prefix(54))
            )
        }

        let found = try histories(of: frames).compactMap { OptionViolation().examine($0) }

        #expect(found.isEmpty)
    }

    @Test func `names what a device took from the SYN`() throws {
        let stripped = try #require(try found(in: OptionViolation.manual.example))

        #expect(stripped.reason == "stripped")
        #expect(stripped.severity == .note)
        #expect(
            stripped.summary.contains("removed window scale and SACK permitted from the SYN that")
        )
    }

    @Test func `names stripped timestamps too`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            client.syn(seq: 1000).options(.maximumSegmentSize(1460), .windowScale(7)).ttl(63)
            server.synAck(seq: 5000, ack: 1001).options(.windowScale(7))
            client.ack(seq: 1001, ack: 5001)
        }

        let stripped = try #require(try found(in: exchange))

        #expect(stripped.packets == [2])
        #expect(stripped.summary.contains("removed SACK permitted and timestamps from the SYN"))
        #expect(try findings(in: exchange).map(\.pathology) == ["option-violation"])
    }

    @Test func `is an option of SYNs in another segment`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            pause(.seconds(1))
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 10).options(
                .selectiveAcknowledgment,
                .timestamps
            )
        }

        let violation = try #require(try found(in: exchange))

        #expect(violation.reason == "syn-option-outside-syn")
        #expect(violation.severity == .note)
    }

    @Test func `is data without the timestamps that were agreed on`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            pause(.seconds(1))
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 10).options()
        }

        let violation = try #require(try found(in: exchange))

        #expect(violation.reason == "timestamps-missing")
        #expect(violation.packets == [5])
    }
}
