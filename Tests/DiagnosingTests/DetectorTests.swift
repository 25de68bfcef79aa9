import Diagnosing
import Testing
import Tracking

/// What each detector must not mistake, one sentence a trap.
@Suite struct `A burst of SYNs` {
    @Test func `is none after each attempt was reset`() throws {
        let exchange = Exchange {
            for retry: UInt32 in 0..<3 {
                client.syn(seq: 1000 + retry * 5000)
                server.rstAck(ack: 1001 + retry * 5000)
            }
        }

        #expect(try findings(in: exchange, by: [SYNBurst.self]).isEmpty)
    }

    @Test func `is none after an ICMP error ended the attempt`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            router.refuses(.hostUnreachable, about: .client)
            client.syn(seq: 6000)
            router.refuses(.hostUnreachable, about: .client)
        }

        #expect(try findings(in: exchange, by: [SYNBurst.self]).isEmpty)
    }

    @Test func `is none after a bare RST of the server`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            server.rst(seq: 400)
            client.syn(seq: 6000)
            server.synAck(seq: 500, ack: 6001)
            client.ack(seq: 6001, ack: 501)
        }

        #expect(try findings(in: exchange, by: [SYNBurst.self]).isEmpty)
    }

    @Test func `is a warning when the newest SYN was answered after all`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            client.syn(seq: 6000)
            server.synAck(seq: 500, ack: 6001)
            client.ack(seq: 6001, ack: 501)
        }

        let burst = try finding(by: SYNBurst.self, in: exchange)

        #expect(burst.severity == .warning)
        #expect(burst.isEstablished)
    }

    @Test func `is not seen in a SYN that a mirror delivers twice`() throws {
        let frames = Healthy.request.frames
        let mirrored = frames.flatMap { frame in
            [frame, MemoryFrames.Record(time: frame.time + 20_000, octets: frame.octets)]
        }

        let found = try histories(of: mirrored).flatMap { history in
            Diagnosis.findings(in: history, by: Catalog.detectors.map { $0.init() })
        }

        #expect(found.isEmpty)
    }
}

@Suite struct `A stale SYN-ACK` {
    @Test func `is a note when it is a late copy`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000, tsval: 10)
            pause(.seconds(2))
            client.syn(seq: 6000, tsval: 20)
            server.synAck(seq: 900, ack: 6001, tsecr: 20)
            server.synAck(seq: 500, ack: 1001, tsecr: 10)
            client.ack(seq: 6001, ack: 901)
        }

        let stale = try finding(by: StaleSYNACK.self, in: exchange)

        #expect(stale.reason == "delayed-duplicate")
        #expect(stale.severity == .note)
    }

    @Test func `may belong to the connection before`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 100)
            server.ack(seq: 5001, ack: 1101)
            pause(.seconds(60))
            client.syn(seq: 700_000)
            server.synAck(seq: 9000, ack: 1101)
        }

        let stale = try finding(by: StaleSYNACK.self, in: exchange)

        #expect(stale.reason == "former-connection")
        #expect(stale.packets == [7])
    }
}

@Suite struct `An unseen SYN-ACK` {
    @Test func `that keeps its distance from every SYN is a translation`() throws {
        let exchange = Exchange {
            for attempt: UInt32 in 0..<3 {
                client.syn(seq: 1000 + attempt * 70_000)
                server.synAck(seq: 5000 + attempt, ack: 900_001_001 + attempt * 70_000)
                client.rst(seq: 900_001_001 + attempt * 70_000)
                pause(.seconds(3))
            }
        }

        let unseen = try finding(by: UnseenSYNACK.self, in: exchange)

        #expect(unseen.reason == "rewritten")
        #expect(unseen.summary.contains("translates sequence numbers in one direction only"))
    }

    @Test func `that both ends take is none, whatever its numbers`() throws {
        let exchange = Exchange {
            client.syn(seq: 0)
            server.synAck(seq: 0, ack: 0)
            client.ack(seq: 0, ack: 0)
            client.data(seq: 0, ack: 0, length: 58)
            server.data(seq: 0, ack: 0, length: 21)
            client.fin(seq: 0, ack: 0)
        }

        #expect(try findings(in: exchange, by: [UnseenSYNACK.self]).isEmpty)
    }

    @Test func `that is one too low is no old entry's`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1000)
            client.syn(seq: 1000).after(.seconds(1))
            server.synAck(seq: 5000, ack: 1000)
        }

        let unseen = try finding(by: UnseenSYNACK.self, in: exchange)

        #expect(unseen.explanation.contains("acknowledges the ISN itself"))
        #expect(!unseen.explanation.contains("half-open entry"))
    }
}

@Suite struct `An administrative prohibition` {
    @Test func `names a router on the way`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            router.refuses(.prohibited, about: .client)
        }

        let refusal = try finding(by: AdministrativelyProhibited.self, in: exchange)

        #expect(refusal.reason == "router")
        #expect(refusal[metric: "refused_syns"] == .integer(1))
        #expect(refusal.summary.contains("a router or firewall on the path"))
    }

    @Test func `of a running connection is a warning`() throws {
        let exchange = Exchange {
            client.data(seq: 1001, ack: 5001, length: 300)
            server.refuses(.hostProhibited)
        }

        let refusal = try finding(by: AdministrativelyProhibited.self, in: exchange)

        #expect(refusal.severity == .warning)
    }

    @Test func `is not a port that is unreachable`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            server.refuses(.portUnreachable)
        }

        #expect(try findings(in: exchange, by: [AdministrativelyProhibited.self]).isEmpty)
    }

    @Test func `beside a RST of each end comes from a device`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 300)
            router.refuses(.prohibited, about: .client)
            client.reset(seq: 1301, ack: 5001)
            server.reset(seq: 5001, ack: 1301)
        }

        let refusal = try finding(by: AdministrativelyProhibited.self, in: exchange)

        #expect(refusal.reason == "device")
        #expect(AdministrativelyProhibited.blame(for: refusal) == [.network])
    }
}

@Suite struct `A loop of RSTs` {
    private func cycles(_ count: UInt32, apart pause: Duration) -> Exchange {
        Exchange {
            for cycle in 0..<count {
                client.syn(seq: 1000 + cycle * 70_000)
                server.synAck(seq: 5000 + cycle * 70_000, ack: 1001 + cycle * 70_000)
                client.rst(seq: 1001 + cycle * 70_000)
                Tracking.pause(pause)
            }
        }
    }

    @Test func `needs three cycles within ten seconds to be an error`() throws {
        #expect(
            try finding(by: ResetLoop.self, in: cycles(3, apart: .seconds(4))).severity == .error
        )
        #expect(
            try finding(by: ResetLoop.self, in: cycles(3, apart: .seconds(6))).severity == .note
        )
        #expect(
            try finding(by: ResetLoop.self, in: cycles(2, apart: .seconds(1))).severity == .note
        )
        #expect(try findings(in: cycles(1, apart: .seconds(1)), by: [ResetLoop.self]).isEmpty)
    }

    @Test func `says when the answer was the right one`() throws {
        let loop = try finding(by: ResetLoop.self, in: cycles(4, apart: .seconds(1)))

        #expect(loop.reason == "C-rejects-ack")
        #expect(loop.count == 4)
        #expect(loop.summary.contains("rejected the correct answer"))
    }
}

@Suite struct `A refused connection` {
    @Test func `counts the attempts from one port`() throws {
        let exchange = Exchange(to: "198.51.100.20:6379") {
            for retry: UInt32 in 0..<5 {
                client.syn(seq: 1000 + retry * 5000)
                server.rstAck(ack: 1001 + retry * 5000)
                pause(.milliseconds(300))
            }
        }

        let refused = try finding(by: ConnectionRefused.self, in: exchange)

        #expect(refused.count == 5)
        #expect(refused.summary.contains("refused 5 attempts"))
        #expect(try findings(in: exchange).map(\.pathology) == ["connection-refused"])
    }

    @Test func `is seen at the end of the sequence space`() throws {
        let exchange = Exchange {
            client.syn(seq: 0xFFFF_FFFF)
            server.rstAck(ack: 0)
        }

        #expect(try finding(by: ConnectionRefused.self, in: exchange).count == 1)
    }
}

@Suite struct `An unanswered SYN` {
    @Test func `is pending while an answer may still come`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            pause(.seconds(1))
            client.syn(seq: 1000)
        }

        let unanswered = try finding(by: UnansweredSYN.self, in: exchange)

        #expect(unanswered.status == .pending)
        #expect(unanswered.severity == .warning)
    }

    @Test func `is not claimed of a single SYN`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            pause(.seconds(60))
        }

        #expect(try findings(in: exchange).isEmpty)
    }

    @Test func `tells how long connect had been trying`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            pause(.seconds(8))
            client.syn(seq: 1000)
            pause(.seconds(16))
            client.syn(seq: 1000)
        }

        let unanswered = try finding(by: UnansweredSYN.self, in: exchange)

        #expect(unanswered.explanation.contains("about 7 s (11 s with Linux 6.5 or later)"))
    }

    @Test func `is not claimed for a host whose answers the capture misses`() throws {
        var silent = try #require(Catalog.detector(named: "syn-unanswered")).manual.example
        silent.client = Endpoint(silent.client.address, port: 41_000)
        let frames = (silent.frames + Healthy.oneDirection.frames).sorted { $0.time < $1.time }

        let found = try histories(of: frames).compactMap { UnansweredSYN().examine($0) }

        #expect(found.isEmpty)
    }
}

@Suite struct `A reused port` {
    @Test func `tells how the new SYN was taken`() throws {
        let exchange = Exchange {
            client.data(seq: 1001, ack: 5001, length: 100)
            server.ack(seq: 5001, ack: 1101)
            pause(.seconds(5))
            client.syn(seq: 700_000)
            server.ack(seq: 5001, ack: 1101)
            client.rst(seq: 1101)
            client.syn(seq: 700_000)
            server.synAck(seq: 9000, ack: 700_001)
            client.ack(seq: 700_001, ack: 9001)
        }

        let reuse = try finding(by: PortReuse.self, in: exchange)

        #expect(reuse.severity == .note)
        #expect(reuse.reason == "challenged")
        #expect(reuse[metric: "closed_by"] == .text("nobody"))
        #expect(reuse[metric: "idle_us"] == .integer(5_000_000))
    }
}
