import Diagnosing
import Testing
import Tracking

@Suite struct `A connection in use` {
    private func used(@ExchangeBuilder _ rest: () -> [ScriptStep]) -> Exchange {
        Exchange(
            from: "192.0.2.10:50000",
            to: "198.51.100.20:8000",
            steps: [
                client.syn(seq: 1000), server.synAck(seq: 5000, ack: 1001),
                client.ack(seq: 1001, ack: 5001),
                client.data(seq: 1001, ack: 5001, length: 100),
                server.data(seq: 5001, ack: 1101, length: 100), client.ack(seq: 1101, ack: 5101),
                pause(.milliseconds(1500)),
            ] + rest()
        )
    }

    private func reason(of exchange: Exchange) throws -> String? {
        try findings(in: exchange, by: [AbortiveClose.self]).first?.reason
    }

    @Test func `that its server ends by RST without need is a note`() throws {
        let exchange = used { server.reset(seq: 5101, ack: 1101) }

        let found = try finding(by: AbortiveClose.self, in: exchange)

        #expect(found.reason == "linger-zero")
        #expect(found.severity == .note)
        #expect(found[metric: "lost_octets"] == .integer(0))
    }

    @Test func `is a note when a server that is done rejects a FIN`() throws {
        let exchange = used {
            client.data(seq: 1101, ack: 5101, length: 900)
            server.data(seq: 5101, ack: 1101, length: 300)
            server.fin(seq: 5401, ack: 1101)
            client.data(seq: 1101, ack: 5101, length: 900).after(.milliseconds(300))
            client.ack(seq: 2001, ack: 5402)
            client.fin(seq: 2001, ack: 5402)
            server.rst(seq: 5402)
        }

        let found = try findings(in: exchange, by: [AbortiveClose.self])

        #expect(found.map(\.reason) == ["data-after-close"])
        #expect(found.map(\.severity) == [.note])
    }

    @Test func `is no abort when keep-alive probes got no answer`() throws {
        let exchange = used {
            for pause: Duration in [.seconds(60), .seconds(1), .seconds(1), .seconds(1)] {
                client.ack(seq: 1100, ack: 5101).after(pause)
            }
            client.reset(seq: 1101, ack: 5101).after(.seconds(1))
        }

        #expect(try findings(in: exchange, by: [AbortiveClose.self]).isEmpty)
    }

    @Test func `may be unknown to its server by now`() throws {
        let exchange = used {
            client.data(seq: 1101, ack: 5101, length: 70)
            server.rst(seq: 5101)
        }

        let found = try finding(by: AbortiveClose.self, in: exchange)

        #expect(found.reason == "connection-unknown")
        #expect(found.severity == .warning)
        #expect(found[metric: "lost_octets"] == .integer(70))
    }

    @Test func `is no longer known to a server that resets a keep-alive probe`() throws {
        let exchange = used {
            pause(.seconds(7200))
            client.ack(seq: 1100, ack: 5101)
            server.rst(seq: 5101).flagged
        }

        let found = try finding(by: AbortiveClose.self, in: exchange)

        #expect(found.reason == "no-longer-known")
        #expect(found.severity == .note)
        #expect(found.packets == exchange.flaggedPackets)
        #expect(AbortiveClose.blame(for: found) == [.server, .network])
    }

    @Test func `is not forgotten where a probe is answered, or a window is closed`() throws {
        let answered = used {
            pause(.seconds(7200))
            client.ack(seq: 1100, ack: 5101)
            server.ack(seq: 5101, ack: 1101)
            pause(.seconds(7200))
            server.rst(seq: 5101)
        }
        let closed = used {
            server.ack(seq: 5101, ack: 1101).window(0)
            pause(.seconds(5))
            client.ack(seq: 1100, ack: 5101)
            server.rst(seq: 5101)
        }

        for exchange in [answered, closed] {
            #expect(try reason(of: exchange) != "no-longer-known")
        }
    }

    @Test func `that its server had closed is not forgotten by it`() throws {
        let exchange = used {
            server.fin(seq: 5101, ack: 1101)
            client.ack(seq: 1101, ack: 5102)
            pause(.seconds(7200))
            client.ack(seq: 1100, ack: 5102)
            server.rst(seq: 5102)
        }

        #expect(try reason(of: exchange) != "no-longer-known")
    }

    @Test func `loses what comes after its receiver's FIN`() throws {
        let exchange = used {
            server.fin(seq: 5101, ack: 1101)
            client.data(seq: 1101, ack: 5102, length: 70)
            server.rst(seq: 5102)
        }

        #expect(try reason(of: exchange) == "data-after-close")
    }

    @Test func `whose RST crosses a farewell and its FIN loses nothing`() throws {
        let exchange = used {
            client.data(seq: 1101, ack: 5101, length: 75)
            client.fin(seq: 1176, ack: 5101)
            server.reset(seq: 5101, ack: 1176)
        }

        #expect(try findings(in: exchange, by: [AbortiveClose.self]).isEmpty)
    }

    @Test(arguments: ["198.51.100.20:389", "198.51.100.20:8000"])
    func `may end by RST after LDAP's Unbind, and after nothing else`(_ service: String) throws {
        var exchange = used {
            client.data(seq: 1101, ack: 5101, length: 43)
            server.reset(seq: 5101, ack: 1144)
        }
        exchange.server = try #require(Endpoint(service))

        let isFound = try !findings(in: exchange, by: [AbortiveClose.self]).isEmpty

        #expect(isFound == service.hasSuffix(":8000"))
    }

    @Test func `is not unknown to a server whose own packets were not captured`() throws {
        let exchange = used {
            client.data(seq: 1101, ack: 7101, length: 43)
            client.fin(seq: 1144, ack: 7102)
            server.rst(seq: 7102)
        }

        #expect(try findings(in: exchange, by: [AbortiveClose.self]).isEmpty)
    }

    @Test func `that a client cancels is a note`() throws {
        let exchange = used {
            server.data(seq: 5101, ack: 1101, length: 1400)
            client.reset(seq: 1101, ack: 5101)
        }

        let found = try finding(by: AbortiveClose.self, in: exchange)

        #expect(found.severity == .note)
        #expect(found[metric: "lost_octets"] == .integer(1400))
    }

    @Test func `is over when both have closed, whatever RST comes then`() throws {
        let exchange = used {
            client.fin(seq: 1101, ack: 5101)
            server.fin(seq: 5101, ack: 1102)
            client.ack(seq: 1102, ack: 5102)
            client.rst(seq: 1102)
        }

        #expect(try findings(in: exchange).isEmpty)
    }

    @Test func `sends large segments in vain where a tunnel is too narrow`() throws {
        let exchange = used {
            for attempt: Int64 in 0..<5 {
                server.data(seq: 5101, ack: 1101, length: 1448)
                pause(.milliseconds(300 << attempt))
            }
            client.ack(seq: 1101, ack: 5101)
        }

        let found = try findings(in: exchange).filter { $0.severity >= .warning }

        #expect(found.map(\.pathology) == ["mtu-blackhole"])
        #expect(found.first?[metric: "segment_octets"] == .integer(1448))
    }

    @Test func `sends anything in vain where the other host is gone`() throws {
        let exchange = used {
            for attempt: Int64 in 0..<8 {
                client.data(seq: 1101, ack: 5101, length: 60)
                pause(.milliseconds(200 << attempt))
            }
        }

        let found = try finding(by: RetransmissionTimeout.self, in: exchange)

        #expect(found[metric: "sendings"] == .integer(8))
        #expect(found.status == .pending)
    }

    @Test func `shares the fate of its listener`() throws {
        let found = try findings(in: ListenerCrash.manual.example)

        let crash = try #require(found.first { $0.pathology == "listener-crash" })
        #expect(crash.flows == 3)
        #expect(crash.summary.contains("reset 3 established connections within"))
        #expect(crash.subject.responderPort == 443)
    }

    @Test func `was received where it was captured beside the silent host`() throws {
        let exchange = used {
            for wait in [300, 600, 1200, 2400, 4800, 9600] {
                client.data(seq: 1101, ack: 5101, length: 100).ttl(57).after(.milliseconds(wait))
            }
        }

        let found = try finding(by: RetransmissionTimeout.self, in: exchange)

        #expect(found.viewpoint.vantage == .server)
        #expect(RetransmissionTimeout.blame(for: found) == [.server])
        #expect(found.explanation.contains("they came as far as that"))
    }

    @Test func `that is given up after many sendings was not aborted`() throws {
        let exchange = used {
            for wait in [300, 600, 1200, 2400, 4800, 9600] {
                client.data(seq: 1101, ack: 5101, length: 100).after(.milliseconds(wait))
            }
            client.reset(seq: 1201, ack: 5101).after(.seconds(10))
        }

        #expect(try findings(in: exchange, by: [AbortiveClose.self]).isEmpty)
    }

    private func oversize(@ExchangeBuilder _ steps: () -> [ScriptStep]) throws -> [Finding] {
        let exchange = Exchange {
            ScriptOpening.tcp
            client.data(seq: 1001, ack: 5001, length: 300)
            server.data(seq: 5001, ack: 1301, length: 1448)
            router.refuses(.fragmentationNeeded, about: .server)
            steps()
        }
        return try findings(in: exchange, by: [MTUBlackHole.self])
    }

    @Test func `sends large segments again although a router says that they do not pass`() throws {
        let found = try oversize {
            for wait in [300, 600, 1200] {
                server.data(seq: 5001, ack: 1301, length: 1448).after(.milliseconds(wait))
            }
        }

        #expect(found.map(\.reason) == ["not-obeyed"])
        #expect(found.first?[metric: "icmp_errors"] == .integer(1))
        #expect(try MTUBlackHole.blame(for: #require(found.first)) == [.server, .network])
    }

    @Test func `obeys a router where smaller segments follow`() throws {
        let found = try oversize {
            server.data(seq: 5001, ack: 1301, length: 1200).after(.milliseconds(300))
            client.ack(seq: 1301, ack: 6201)
        }

        #expect(found.isEmpty)
    }

    @Test func `misses the first flight where its numbers jump behind the client's FIN`() throws {
        let exchange = Exchange {
            ScriptOpening.tcp
            client.data(seq: 1001, ack: 5001, length: 517)
            server.ack(seq: 5001, ack: 1518)
            client.fin(seq: 1518, ack: 5001).after(.seconds(5))
            server.ack(seq: 6380, ack: 1519)
        }

        let found = try finding(by: MTUBlackHole.self, in: exchange)

        #expect(found.reason == "at-receiver")
        #expect(found[metric: "missing_octets"] == .integer(1379))
    }

    @Test func `with another SYN-ACK has other numbers, and misses nothing`() throws {
        let exchange = Exchange {
            ScriptOpening.tcp
            server.synAck(seq: 6379, ack: 1001)
            client.data(seq: 1001, ack: 5001, length: 517)
            server.ack(seq: 5001, ack: 1518)
            client.fin(seq: 1518, ack: 5001).after(.seconds(5))
            server.ack(seq: 6380, ack: 1519)
        }

        #expect(try findings(in: exchange, by: [MTUBlackHole.self]).isEmpty)
    }
}
