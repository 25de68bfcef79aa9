import Diagnosing
import Testing
import Tracking

@Suite struct `A retransmitted SYN-ACK` {
    private func found(_ exchange: Exchange) throws -> [Finding] {
        try findings(in: exchange, by: [RetransmittedSYNACK.self])
    }

    @Test func `that the initiator ignores is an error`() throws {
        let ignored = try finding(
            by: RetransmittedSYNACK.self,
            in: RetransmittedSYNACK.manual.example
        )

        #expect(ignored.reason == "synack-ignored")
        #expect(ignored.severity == .error)
        #expect(ignored.count == 3)
    }

    @Test func `whose ACK is not accepted is a warning`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 29)
            pause(.seconds(1))
            server.synAck(seq: 5000, ack: 1001).flagged
            client.ack(seq: 1030, ack: 5001)
            pause(.seconds(2))
            server.synAck(seq: 5000, ack: 1001).flagged
            client.ack(seq: 1030, ack: 5001)
        }

        let retransmission = try finding(by: RetransmittedSYNACK.self, in: exchange)

        #expect(retransmission.reason == "ack-not-accepted")
        #expect(retransmission.severity == .warning)
        #expect(retransmission.packets == exchange.flaggedPackets)
        #expect(retransmission.causes.contains("accept-queue-full"))
    }

    @Test func `that one lost ACK explains is a note`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            pause(.seconds(1))
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            server.data(seq: 5001, ack: 1001, length: 40)
        }

        #expect(try finding(by: RetransmittedSYNACK.self, in: exchange).severity == .note)
    }

    @Test func `that is answered at last is a note`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            pause(.seconds(1))
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            server.data(seq: 5001, ack: 1001, length: 40)
        }

        let retransmission = try finding(by: RetransmittedSYNACK.self, in: exchange)

        #expect(retransmission.reason == "answered-late")
        #expect(retransmission.severity == .note)
    }

    @Test func `is answered at last, even if the capture shows the ACK before it`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            pause(.seconds(1))
            server.synAck(seq: 5000, ack: 1001)
            pause(.seconds(2))
            client.ack(seq: 1001, ack: 5001)
            server.synAck(seq: 5000, ack: 1001)
            server.data(seq: 5001, ack: 1001, length: 40)
        }

        #expect(try finding(by: RetransmittedSYNACK.self, in: exchange).reason == "answered-late")
    }

    @Test func `was not lost where the ACK echoes the first`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001, tsval: 70_000)
            server.synAck(seq: 5000, ack: 1001, tsval: 71_000).after(.seconds(1))
            client.syn(seq: 1000).after(.milliseconds(4))
            client.ack(seq: 1001, ack: 5001).echoing(70_000).after(.milliseconds(800))
        }

        let retransmission = try finding(by: RetransmittedSYNACK.self, in: exchange)
        let slow = try finding(by: SlowHandshake.self, in: exchange)

        #expect(retransmission.reason == "first-answered-late")
        #expect(retransmission.summary.hasSuffix("came: no SYN-ACK was lost."))
        #expect(retransmission.checks.map(\.command.text) == ["ping -c 5 192.0.2.10"])
        #expect(slow.reason == "slow-initiator")
    }

    @Test func `tells a lost ACK by the one that echoes the first at the heels of a copy`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001, tsval: 70_000)
            server.synAck(seq: 5000, ack: 1001, tsval: 71_000).after(.seconds(1))
            client.ack(seq: 1001, ack: 5001).echoing(70_000).after(.milliseconds(6))
        }

        let retransmission = try finding(by: RetransmittedSYNACK.self, in: exchange)
        let slow = try finding(by: SlowHandshake.self, in: exchange)

        #expect(retransmission.reason == "ack-lost")
        #expect(retransmission.summary.contains("the ACK to the first one was lost on the way"))
        #expect(slow.summary.hasSuffix("the ACK to its first SYN-ACK was lost."))
    }

    @Test func `was lost where the answer to another SYN echoes the first`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000, tsval: 40_000)
            client.syn(seq: 1000, tsval: 41_000).after(.seconds(1))
            server.synAck(seq: 5000, ack: 1001, tsecr: 40_000).after(.milliseconds(20))
            client.ack(seq: 1001, ack: 5001)
        }

        let slow = try finding(by: SlowHandshake.self, in: exchange)

        #expect(slow.reason == "synack-lost")
        #expect(SlowHandshake.blame(for: slow) == [.network])
    }

    @Test func `is not acknowledged by an ACK for another machine's`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            server.synAck(seq: 3_000_000_000, ack: 1001)
            client.syn(seq: 1000).after(.seconds(1))
            server.synAck(seq: 9_000_000, ack: 1001)
            client.ack(seq: 1001, ack: 9_000_001)
            server.synAck(seq: 3_000_000_000, ack: 1001).after(.milliseconds(1500))
            server.synAck(seq: 3_000_000_000, ack: 1001).after(.milliseconds(4000))
        }

        let found = try findings(in: exchange, by: [RetransmittedSYNACK.self])

        #expect(found.allSatisfy { $0.reason != "ack-not-accepted" })
    }

    @Test func `follows from a firewall that refuses it`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.refuses(.hostProhibited)
            pause(.seconds(1))
            server.synAck(seq: 5000, ack: 1001)
            client.refuses(.hostProhibited)
            pause(.seconds(2))
            server.synAck(seq: 5000, ack: 1001)
            client.refuses(.hostProhibited)
        }

        let incident = try #require(incidents(in: exchange).first)

        #expect(
            incident.chain.map(\.finding.pathology)
                == ["icmp-admin-prohibited", "syn-ack-retransmission"]
        )
        #expect(incident.chain.last?.finding.reason == "refused-by-icmp")
        #expect(incident.chain.last?.role == .consequence)
    }

    @Test func `that outlives the initiator's RST is one that the RST did not reach`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.rst(seq: 1001)
            pause(.seconds(1))
            server.synAck(seq: 5000, ack: 1001)
            client.rst(seq: 1001)
        }

        #expect(try finding(by: RetransmittedSYNACK.self, in: exchange).reason == "reset")
    }

    @Test func `for every SYN of a deaf initiator is not delivered`() throws {
        let exchange = Exchange {
            for _ in 0..<4 {
                client.syn(seq: 1000)
                server.synAck(seq: 5000, ack: 1001)
                pause(.seconds(1))
            }
        }

        let retransmission = try finding(by: RetransmittedSYNACK.self, in: exchange)

        #expect(retransmission.reason == "synack-not-delivered")
        #expect(retransmission.count == 3)
        #expect(retransmission.severity == .error)
    }

    @Test func `is none where a SYN asked for it or crossed it`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            pause(.milliseconds(1005))
            server.synAck(seq: 5000, ack: 1001)
            pause(.microseconds(700))
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            server.data(seq: 5001, ack: 1001, length: 40)
        }

        #expect(try found(exchange).isEmpty)
    }

    @Test func `is none where the round trip explains it`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000, tsval: 100)
            pause(.seconds(1))
            client.syn(seq: 1000)
            pause(.milliseconds(800))
            server.synAck(seq: 5000, ack: 1001, tsecr: 100)
            client.ack(seq: 1001, ack: 5001)
            pause(.seconds(1))
            server.synAck(seq: 5000, ack: 1001)
        }

        #expect(try found(exchange).isEmpty)
    }

    @Test func `is none for another SYN than the newest`() throws {
        #expect(try found(Article.burst).isEmpty)
        #expect(try found(Article.halfOpen).isEmpty)
    }

    @Test func `is none from a server with SYN cookies, which forgets its ISN`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            pause(.seconds(1))
            client.syn(seq: 1000)
            server.synAck(seq: 9000, ack: 1001)
            client.ack(seq: 1001, ack: 9001)
            server.data(seq: 9001, ack: 1001, length: 40)
        }

        #expect(try found(exchange).isEmpty)
    }

    @Test func `is none to a late copy of the SYN of a closed connection`() throws {
        let exchange = Exchange(
            from: "192.0.2.10:50000",
            to: "198.51.100.20:443",
            steps: Healthy.request.steps + [
                pause(.milliseconds(300)), client.syn(seq: 1000),
                server.synAck(seq: 70_000, ack: 1001), client.ack(seq: 1302, ack: 6202),
                server.rst(seq: 6202), pause(.seconds(1)),
                server.synAck(seq: 70_000, ack: 1001), client.rst(seq: 1001),
            ]
        )

        #expect(try findings(in: exchange).allSatisfy { $0.severity == .note })
        #expect(try found(exchange).isEmpty)
    }

    @Test func `at the end of the capture is pending`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            pause(.seconds(1))
            server.synAck(seq: 5000, ack: 1001)
        }

        let retransmission = try finding(by: RetransmittedSYNACK.self, in: exchange)

        #expect(retransmission.status == .pending)
        #expect(retransmission.severity == .warning)
    }
}
