import Diagnosing
import Testing
import Tracking

@Suite struct `The place of the capture` {
    private func viewpoint(@ExchangeBuilder of steps: () -> [ScriptStep]) throws -> Viewpoint {
        try #require(try histories(of: Exchange(steps)).first).viewpoint
    }

    @Test func `is the end that reacts at once`() throws {
        let found = try viewpoint {
            client.syn(seq: 1000)
            client.syn(seq: 1000).after(.seconds(1))
            server.synAck(seq: 5000, ack: 1001).after(.milliseconds(20))
            client.ack(seq: 1001, ack: 5001).after(.microseconds(15))
        }

        #expect(found.vantage == .client)
        #expect(found.confidence == .high)
        #expect(found.sign == "it replies within 15 µs")
    }

    @Test func `is the end whose packets have passed no hop`() throws {
        let found = try viewpoint {
            client.syn(seq: 1000).ttl(57)
            client.syn(seq: 1000).ttl(57).after(.seconds(1))
            server.synAck(seq: 5000, ack: 1001).after(.milliseconds(2))
            client.ack(seq: 1001, ack: 5001).ttl(57).after(.milliseconds(2))
        }

        #expect(found.vantage == .server)
        #expect(found.confidence == .medium)
    }

    @Test func `is on the way where both have passed hops`() throws {
        let found = try viewpoint {
            client.syn(seq: 1000).ttl(61)
            client.syn(seq: 1000).ttl(61).after(.seconds(1))
            server.synAck(seq: 5000, ack: 1001).ttl(119).after(.milliseconds(2))
            client.ack(seq: 1001, ack: 5001).ttl(61).after(.milliseconds(2))
        }

        #expect(found.vantage == .middle)
    }

    @Test func `is unknown between neighbours`() throws {
        let found = try viewpoint {
            client.syn(seq: 1000)
            client.syn(seq: 1000).after(.seconds(1))
            server.synAck(seq: 5000, ack: 1001).after(.milliseconds(2))
            client.ack(seq: 1001, ack: 5001).after(.milliseconds(2))
        }

        #expect(found.vantage == .unknown)
        #expect(found.confidence == .low)
    }

    @Test func `is where packets were captured before their card had them`() throws {
        var frames = Exchange {
            client.syn(seq: 1000)
            client.syn(seq: 1000).after(.seconds(1))
            client.syn(seq: 1000).after(.seconds(2))
        }.frames
        for index in frames.indices {
            // The sum of the pseudo header alone, as checksum offload leaves it.
            var octets = frames[index].octets
            let words = stride(from: 26, to: 34, by: 2).map {
                Int(octets[$0]) << 8 | Int(octets[$0 + 1])
            }
            var sum = words.reduce(octets.count - 34 + 6, +)
            while sum > 0xFFFF { sum = (sum & 0xFFFF) + (sum >> 16) }
            octets[50] = UInt8(sum >> 8)
            octets[51] = UInt8(sum & 0xFF)
            frames[index] = MemoryFrames.Record(time: frames[index].time, octets: octets)
        }

        let history = try #require(try histories(of: frames).first)

        #expect(history.viewpoint.vantage == .client)
        #expect(history.viewpoint.confidence == .high)
    }
}

@Suite struct `A guard` {
    private func guards(@ExchangeBuilder of steps: () -> [ScriptStep]) throws -> [Guard] {
        try findings(in: Exchange(steps)).flatMap(\.guards)
    }

    @Test func `names a capture that lost packets`() throws {
        let found = try guards {
            for step in Healthy.request.steps.prefix(5) { step.between(clientPort: 4000) }
            client.ack(seq: 1301, ack: 9001).between(clientPort: 4000)
            client.syn(seq: 1000).after(.seconds(6))
            server.rstAck(ack: 1001)
        }

        #expect(found.contains(.captureLoss))
    }

    @Test func `names an answer that stands before its question`() throws {
        let found = try guards {
            server.synAck(seq: 5000, ack: 1001)
            client.syn(seq: 1000).after(.microseconds(500))
            client.ack(seq: 1001, ack: 5001)
            server.rst(seq: 5001)
        }

        #expect(found.contains(.reordered))
    }

    @Test func `names a flow that may have begun before the capture`() throws {
        let found = try guards {
            client.syn(seq: 1000)
            server.rstAck(ack: 1001)
        }

        #expect(found.contains(.captureBeganMidFlow))
    }

    @Test func `is absent where nothing could fake the finding`() throws {
        let found = try guards {
            for step in Healthy.request.steps { step.between(clientPort: 4000) }
            client.syn(seq: 1000).after(.seconds(6))
            server.rstAck(ack: 1001)
        }

        #expect(found.isEmpty)
    }
}
