import Testing

@testable import Tracking

/// However the records of one direction are cut into segments, delayed, doubled or lost.
@Suite struct `A stream of TLS records` {
    private static let flight: [UInt8] = [
        ScriptRecord.serverHello(), .message(11, length: 40), .serverHelloDone, .changeCipherSpec,
        .finished, .applicationData(30), .applicationData(10), .encryptedAlert(26),
    ].flatMap(\.encoded)

    private func stream(_ steps: [ScriptStep]) throws -> RecordStream {
        try session {
            client.tls(.clientHello())
            steps
        }.server
    }

    private func whole() throws -> RecordStream { try stream([server.data(Self.flight)]) }

    /// The same segments with numbers, so that they may be put in another order.
    private func numbered(_ octets: [UInt8], cutAt offsets: [Int]) -> [ScriptStep] {
        let exchange = Exchange {
            ScriptOpening.tcp
            client.tls(.clientHello())
            segments(of: octets, cutAt: offsets, from: server)
        }
        return exchange.steps.suffix(offsets.count + 1)
    }

    @Test func `tells what it holds`() throws {
        let stream = try whole()

        #expect(stream.lastMessage == .finished)
        #expect(stream.dataRecords == 2)
        #expect(stream.dataOctets == 40)
        #expect(stream.alert?.length == 26)
        #expect(!stream.hasGap)
    }

    @Test(arguments: 5..<flight.count)
    func `may be cut anywhere behind its first header`(_ cut: Int) throws {
        let stream = try stream(segments(of: Self.flight, cutAt: [cut], from: server))

        #expect(stream.essence == (try whole()).essence)
    }

    @Test(arguments: 1...13)
    func `may come in small segments`(_ size: Int) throws {
        let cuts = Array(stride(from: 5 + size, to: Self.flight.count, by: size))

        let stream = try stream(segments(of: Self.flight, cutAt: [5] + cuts, from: server))

        #expect(stream.essence == (try whole()).essence)
    }

    @Test(arguments: 1...6)
    func `may follow padding that counts as payload`(_ length: Int) throws {
        let cut = ScriptRecord.serverHello().encoded.count
        let parts = numbered(Self.flight, cutAt: [cut])
        var padding = parts[1]
        if case .segment(var segment) = padding.content {
            segment.payload = Array(repeating: 0, count: length)
            segment.length = length
            padding.content = .segment(segment)
        }

        let stream = try stream([parts[0], padding, parts[1]])

        #expect(stream.essence == (try whole()).essence)
    }

    @Test(arguments: 1...6)
    func `may be followed by padding in its segment`(_ length: Int) throws {
        let cut = ScriptRecord.serverHello().encoded.count
        var parts = numbered(Self.flight, cutAt: [cut])
        if case .segment(var segment) = parts[0].content {
            segment.payload = (segment.payload ?? []) + Array(repeating: 0, count: length)
            segment.length += length
            parts[0].content = .segment(segment)
        }

        #expect(try stream(parts).essence == (try whole()).essence)
    }

    @Test(arguments: Array(stride(from: 5, to: flight.count - 40, by: 7)))
    func `may come in another order`(_ cut: Int) throws {
        let parts = numbered(Self.flight, cutAt: [5, cut + 9, cut + 30])

        let stream = try stream([parts[0], parts[2], parts[3], parts[1]])

        #expect(stream.essence == (try whole()).essence)
    }

    @Test(arguments: Array(stride(from: 5, to: flight.count - 1, by: 11)))
    func `may be sent again, cut otherwise`(_ cut: Int) throws {
        let first = numbered(Self.flight, cutAt: [cut])
        let again = numbered(Self.flight, cutAt: [cut / 2 + 1])

        let stream = try stream([first[0], again[0], first[1], again[1], first[0]])

        #expect(stream.essence == (try whole()).essence)
    }

    @Test func `does not mind a hole within a record`() throws {
        let octets = ScriptRecord.serverHello().encoded + ScriptRecord.certificate.encoded
        let rest = ScriptRecord.serverHelloDone.encoded
        let hello = ScriptRecord.serverHello().encoded.count
        let parts = numbered(octets + rest, cutAt: [hello + 100, hello + 300, octets.count])

        let stream = try stream([parts[0], parts[2], parts[3]])

        #expect(stream.messages == .these(.serverHello, .certificate, .serverHelloDone))
        #expect(!stream.hasGap)
    }

    @Test func `is lost behind a hole over a header, and found again`() throws {
        let octets = ScriptRecord.serverHello().encoded + ScriptRecord.certificate.encoded
        let more = ScriptRecord.serverHelloDone.encoded
        let hello = ScriptRecord.serverHello().encoded.count
        let parts = numbered(octets + more, cutAt: [hello, hello + 300, octets.count])

        let stream = try stream([parts[0], parts[2], parts[3]])

        #expect(stream.hasGap)
        #expect(stream.messages == .these(.serverHello, .serverHelloDone))
    }

    @Test func `goes on when too much waits behind a hole`() throws {
        let records = (0..<14).map { _ in ScriptRecord.applicationData(20).encoded }
        let octets = ScriptRecord.serverHello().encoded + records.flatMap(\.self)
        let hello = ScriptRecord.serverHello().encoded.count
        let cuts = (0..<14).map { hello + 25 * $0 }

        let parts = numbered(octets, cutAt: cuts)
        let stream = try stream([parts[0]] + parts.dropFirst(2))

        #expect(stream.hasGap)
        #expect(stream.dataRecords == 13)
    }

    @Test(arguments: [58, 60, 96, 128, 200])
    func `knows that a capture cut its packets short`(_ length: Int) throws {
        let exchange = Exchange {
            ScriptOpening.tls12
            server.tls(.applicationData(30))
            server.reset()
        }
        let frames = exchange.frames.map {
            MemoryFrames.Record(
                time: $0.time,
                octets: Array($0.octets.prefix(length))
            )
        }

        let flow = try #require(try track(frames).flows.first)

        let session = flow.streams.last?.tls
        let isWhole = session.map { !$0.server.hasGap && $0.server.marks.contains(.begun) }
        #expect(isWhole != true)
    }

    @Test func `ends in a record that its sender did not finish`() throws {
        let record = ScriptRecord.applicationData(4000).encoded
        let stream = try stream([server.data(Self.flight), server.data(Array(record.prefix(2500)))])

        #expect(stream.isTruncated(at: stream.recordEnd.advanced(by: UInt32.max - 1504)))
        #expect(!stream.isTruncated(at: stream.recordEnd))
    }

    @Test func `takes what was followed by data for no alert`() throws {
        let session = try session {
            client.tls(.clientHello())
            server.tls(.serverHello(version: 0x0304, suite: 0x1301), .applicationData(1619))
            client.tls(.applicationData(53), .applicationData(19), .applicationData(30))
            server.tls(.applicationData(19))
        }

        #expect(session.clients.alert == nil)
        #expect(session.clients.dataRecords == 2)
        #expect(session.server.alert?.isPresumed == true)
    }

    @Test func `may turn to plaintext behind an alert`() throws {
        let octets = [UInt8]("HELLO".utf8)

        let stream = try stream([
            server.data(Self.flight), server.data(octets), server.data(octets),
        ])

        #expect(stream.marks.contains(.endsInPlaintext))
        #expect(stream.plaintextPacket == 6)
    }
}
