import Testing
@testable import Tracking

/// The log that the tracker keeps of what port mappers say.
func portmap(of exchange: Exchange) throws -> PortmapLog {
    try portmap(of: exchange.frames)
}

func portmap(of frames: [MemoryFrames.Record]) throws -> PortmapLog {
    try TrackedCapture(of: frames).survey.portmap
}

/// A script between a client and a port mapper.
func mapper(@ExchangeBuilder _ steps: () -> [ScriptStep]) -> Exchange {
    Exchange(from: "192.0.2.10:1022", to: "198.51.100.20:111", steps: steps())
}

/// What of a log names ports, as text.
func namings(of log: PortmapLog) -> [String] {
    log.exchanges.flatMap(\.namings).map { endpoint, service in
        "\(endpoint) \(service.program)/\(service.version) \(service.transport?.name ?? "other")"
    }
}

@Suite struct `A port mapper` {
    @Test func `names a port over UDP`() throws {
        let log = try portmap(
            of: mapper {
                client.getPort(of: 100_021, version: 4, call: 7)
                server.port(304, call: 7)
            }
        )

        let exchange = try #require(log.exchanges.first)
        #expect(exchange.call.packet == 1)
        #expect(exchange.reply.packet == 2)
        #expect(exchange.transport == .udp)
        #expect(namings(of: log) == ["198.51.100.20:304 100021/4 TCP"])
    }

    @Test func `names a port over TCP, behind a record mark`() throws {
        let call = [UInt8].getPort(of: 100_003, version: 3, over: .udp, call: 9).marked
        let reply = [UInt8].portmapReply(to: 9, [2049]).marked
        let exchange = mapper {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, call)
            server.data(seq: 5001, ack: 1061, reply)
        }

        #expect(try namings(of: portmap(of: exchange)) == ["198.51.100.20:2049 100003/3 UDP"])
        #expect(
            try namings(of: portmap(of: exchange.overIPv6))
                == ["[2001:db8::c633:6414]:2049 100003/3 UDP"]
        )
    }

    @Test func `is understood where its record mark comes in a segment of its own`() throws {
        let call = [UInt8].getPort(of: 100_003, version: 3, over: .tcp, call: 0x9000_0001)
        let reply = [UInt8].portmapReply(to: 0x9000_0001, [2049])

        let log = try portmap(
            of: mapper {
                client.data(seq: 1001, ack: 5001, Array(call.marked.prefix(4)))
                client.data(seq: 1005, ack: 5001, call)
                server.data(seq: 5001, ack: 1061, Array(reply.marked.prefix(4)))
                server.data(seq: 5005, ack: 1061, reply)
            }
        )

        #expect(namings(of: log) == ["198.51.100.20:2049 100003/3 TCP"])
    }

    @Test func `answers several calls in one segment`() throws {
        let calls = [1, 2].flatMap {
            [UInt8].getPort(of: 100_005, version: $0, over: .tcp, call: $0).marked
        }
        let replies = [2, 1].flatMap { [UInt8].portmapReply(to: $0, [600 + $0]).marked }

        let log = try portmap(
            of: mapper {
                client.data(seq: 1001, ack: 5001, calls)
                server.data(seq: 5001, ack: 1121, replies)
            }
        )

        #expect(
            namings(of: log) == [
                "198.51.100.20:602 100005/2 TCP", "198.51.100.20:601 100005/1 TCP",
            ]
        )
    }

    @Test(arguments: [
        ("198.51.100.20.8.1", ["198.51.100.20:2049 100003/4 TCP"]),
        ("0.0.0.0.8.1", ["198.51.100.20:2049 100003/4 TCP"]),
        ("10.1.1.1.8.1", ["198.51.100.20:2049 100003/4 TCP", "10.1.1.1:2049 100003/4 TCP"]),
        ("::.8.1", ["198.51.100.20:2049 100003/4 TCP"]),
        ("fe80::1%eth0.8.1", ["198.51.100.20:2049 100003/4 TCP", "[fe80::1]:2049 100003/4 TCP"]),
        ("/run/rpcbind.sock", []), ("10.1.1.1.8.256", []), ("10.1.1.1", []), ("8.1", []),
    ])
    func `names a universal address`(_ address: String, _ expected: [String]) throws {
        let call =
            [UInt8].portmapCall(5, version: 4, procedure: 3, [100_003, 4])
            + .text("tcp") + .text("") + .text("")
        let reply = [UInt8].portmapReply(to: 5, []) + .text(address)

        let log = try portmap(
            of: mapper {
                client.data(seq: 1001, ack: 5001, call.marked)
                server.data(seq: 5001, ack: 1061, reply.marked)
            }
        )

        #expect(namings(of: log) == expected)
    }

    @Test func `says nothing of a transport that it may not have been asked on`() throws {
        let call =
            [UInt8].portmapCall(5, version: 3, procedure: 3, [100_003, 4])
            + .text("tcp") + .text("") + .text("")

        let log = try portmap(
            of: mapper {
                client.datagram(call)
                server.datagram(.portmapReply(to: 5, []) + .text("198.51.100.20.8.1"))
            }
        )

        #expect(log.exchanges.count == 1)
        #expect(namings(of: log).isEmpty)
    }

    @Test func `lists what is registered`() throws {
        let log = try portmap(
            of: mapper {
                client.datagram(.portmapCall(5, version: 2, procedure: 4))
                server.datagram(
                    .portmapReply(
                        to: 5,
                        [1, 100_021, 4, 6, 304, 1, 100_021, 4, 17, 305, 1, 7, 1, 6, 0, 0]
                    )
                )
            }
        )

        #expect(
            namings(of: log) == [
                "198.51.100.20:304 100021/4 TCP", "198.51.100.20:305 100021/4 UDP",
            ]
        )
    }

    @Test func `lists universal addresses, as far as they were captured`() throws {
        let entry =
            .words([1, 100_024, 1]) + [UInt8].text("tcp6") + .text("::.2.1") + .text("superuser")

        let log = try portmap(
            of: mapper {
                client.datagram(.portmapCall(5, version: 4, procedure: 4))
                server.datagram(.portmapReply(to: 5, []) + entry + entry.dropLast(30))
            }
        )

        #expect(namings(of: log) == ["198.51.100.20:513 100024/1 TCP"])
    }

    @Test(
        arguments: [
            ([1, 0, 0, 0, 1], PortmapAnswer.Refusal.programUnavailable),
            ([1, 0, 0, 0, 2, 2, 2], .versionMismatch),
            ([1, 0, 0, 0, 3], .procedureUnavailable), ([1, 1, 1, 5], .denied),
        ] as [([UInt32], PortmapAnswer.Refusal)]
    )
    func `refuses a call`(_ reply: [UInt32], _ refusal: PortmapAnswer.Refusal) throws {
        let log = try portmap(
            of: mapper {
                client.getPort(of: 100_021, version: 4, call: 7)
                server.datagram(.words([7] + reply))
            }
        )

        #expect(log.exchanges.map(\.answer) == [.refused(refusal)])
    }
}

@Suite struct `A reply that is none` {
    @Test func `has another transaction`() throws {
        let log = try portmap(
            of: mapper {
                client.getPort(of: 100_021, version: 4, call: 7)
                server.port(304, call: 8)
            }
        )

        #expect(log.exchanges.isEmpty)
    }

    @Test func `comes from another host`() throws {
        let call = mapper { client.getPort(of: 100_021, version: 4, call: 7) }
        let reply = Exchange(from: "192.0.2.10:1022", to: "198.51.100.99:111") {
            server.port(304, call: 7)
        }

        #expect(try portmap(of: call.frames + reply.frames).exchanges.isEmpty)
    }

    @Test func `goes to another port of the client`() throws {
        let call = mapper { client.getPort(of: 100_021, version: 4, call: 7) }
        let reply = Exchange(from: "192.0.2.10:1023", to: "198.51.100.20:111") {
            server.port(304, call: 7)
        }

        #expect(try portmap(of: call.frames + reply.frames).exchanges.isEmpty)
    }

    @Test func `names a port that does not exist`() throws {
        let log = try portmap(
            of: mapper {
                client.getPort(of: 100_021, version: 4, call: 7)
                server.port(65_536, call: 7)
            }
        )

        #expect(log.exchanges.isEmpty)
    }

    @Test func `answers a call of another program at the same port`() throws {
        let call = [UInt8].words([7, 0, 2, 100_003, 2, 3, 0, 0, 0, 0, 100_021, 4, 6, 0])

        let log = try portmap(
            of: mapper {
                client.datagram(call)
                server.port(304, call: 7)
            }
        )

        #expect(log.exchanges.isEmpty)
    }

    @Test func `is a second copy`() throws {
        let log = try portmap(
            of: mapper {
                client.getPort(of: 100_021, version: 4, call: 7)
                client.getPort(of: 100_021, version: 4, call: 7)
                server.port(304, call: 7)
                server.port(304, call: 7)
            }
        )

        #expect(log.exchanges.map(\.call.packet) == [1])
        #expect(log.exchanges.map(\.reply.packet) == [3])
    }
}
