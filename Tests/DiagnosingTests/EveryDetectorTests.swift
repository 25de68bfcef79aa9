import Diagnosing
import Testing
import Tracking

/// The law that holds for all detectors, whatever they look for.
@Suite struct `Every detector` {
    /// Which pathologies the example of another detector shows too.
    private static let companions: [String: Set<String>] = [
        "syn-burst": ["syn-ack-stale"],
        "syn-ack-unseen": ["icmp-admin-prohibited"],
        "bad-checksum": ["syn-unanswered"],
        "port-scan": ["connection-refused"],
        "reconnect-loop": ["silent-connection"],
        "listener-crash": ["connection-refused", "abortive-close"],
        "accept-queue-overflow": ["syn-ack-retransmission"],
        "tfo-fallback": ["slow-handshake"],
        "ecn-fallback": ["slow-handshake"],
        "syn-cookie": ["slow-handshake", "syn-ack-changed"],
        "time-wait-collision": ["port-reuse", "challenge-ack"],
        "tls-early-shutdown": ["tls-one-sided-close"],
        "zero-window-stall": ["abortive-close"],
        "host-restart": ["connection-refused", "abortive-close"],
        "service-restart": ["connection-refused"],
    ]

    private static let names = Catalog.manuals.map(\.id)

    private func detector(_ id: String) throws -> any Detector.Type {
        try #require(Catalog.detector(named: id))
    }

    private func packets(of id: String, in exchange: Exchange) throws -> [UInt64] {
        try findings(in: exchange, by: [detector(id)]).flatMap(\.packets)
    }

    @Test(arguments: names)
    func `points at exactly the flagged packets of its example`(_ id: String) throws {
        let example = try detector(id).manual.example

        #expect(try packets(of: id, in: example) == example.flaggedPackets)
    }

    @Test(arguments: names)
    func `is silent on its near miss`(_ id: String) throws {
        let nearMiss = try detector(id).manual.nearMiss

        #expect(try packets(of: id, in: nearMiss).isEmpty)
    }

    @Test(arguments: names, [1, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 617_725_956] as [UInt32])
    func `sees the same wherever on the circle the ISNs lie`(_ id: String, _ shift: UInt32) throws {
        let example = try detector(id).manual.example
        let nearMiss = try detector(id).manual.nearMiss

        #expect(try packets(of: id, in: example.shifted(by: shift)) == example.flaggedPackets)
        #expect(try packets(of: id, in: nearMiss.shifted(by: shift)).isEmpty)
    }

    @Test(arguments: names)
    func `sees the same over IPv6`(_ id: String) throws {
        let example = try detector(id).manual.example

        #expect(try packets(of: id, in: example.overIPv6) == example.flaggedPackets)
        #expect(try packets(of: id, in: detector(id).manual.nearMiss.overIPv6).isEmpty)
    }

    @Test(arguments: names, [[7], [100, 200], [4095, 1, 2]] as [[UInt16]])
    func `sees the same in any VLAN`(_ id: String, _ vlans: [UInt16]) throws {
        let example = try detector(id).manual.example

        let found = try findings(in: example.tagged(vlans), by: [detector(id)])

        #expect(found.flatMap(\.packets) == example.flaggedPackets)
        #expect(found.map(\.subject.encapsulation.number) == [1])
    }

    @Test(arguments: names, [([7], [8]), ([], [8]), ([7], [])] as [([UInt16], [UInt16])])
    func `sees the same where the directions are tagged differently`(
        _ id: String,
        _ vlans: ([UInt16], [UInt16])
    ) throws {
        let example = try detector(id).manual.example

        let found = try findings(
            in: example.tagged(vlans.0, answers: vlans.1),
            by: [detector(id)]
        )

        #expect(found.flatMap(\.packets) == example.flaggedPackets)
    }

    @Test(arguments: names)
    func `sees the same at any time`(_ id: String) throws {
        var example = try detector(id).manual.example
        example.begin = 1_000_000_007

        #expect(try packets(of: id, in: example) == example.flaggedPackets)
    }

    @Test(arguments: names)
    func `is not confused by another connection in between`(_ id: String) throws {
        let example = try detector(id).manual.example
        var other = Healthy.request
        other.client = Endpoint(example.client.address, port: 40_000)
        other.server = example.server

        let alone = try findings(in: example, by: [detector(id)])
        let mixed = (example.frames + other.frames).sorted { $0.time < $1.time }
        let found = try findings(in: mixed, by: [detector(id)])

        #expect(found.flatMap(\.packets).count == example.flaggedPackets.count)
        #expect(found.map(\.subject) == alone.map(\.subject))
    }

    @Test(arguments: names, Healthy.all.indices)
    func `is silent on healthy traffic`(_ id: String, _ index: Int) throws {
        #expect(try packets(of: id, in: Healthy.all[index]).isEmpty)
        #expect(try packets(of: id, in: Healthy.all[index].overIPv6).isEmpty)
    }

    @Test(arguments: names)
    func `leaves the examples of the others alone`(_ id: String) throws {
        let speaks = try Catalog.detectors.filter { other in
            let found = try findings(in: other.manual.example, by: [detector(id)])
            return other.manual.id != id && !found.isEmpty
        }

        let allowed = Self.companions.filter { $0.value.contains(id) }.map(\.key)
        #expect(Set(speaks.map { $0.manual.id }) == Set(allowed))
    }

    @Test(arguments: names)
    func `has a whole manual`(_ id: String) throws {
        let manual = try detector(id).manual

        let texts = [manual.sees, manual.means, manual.unless, manual.check]
        #expect(texts.allSatisfy { $0.hasSuffix(".") && $0.count > 60 })
        #expect(manual.id.wholeMatch(of: /[a-z0-9]+(-[a-z0-9]+)*/) != nil)
        #expect(!manual.title.hasSuffix("."))
        #expect(!manual.sources.isEmpty)
        #expect(manual.followsFrom.allSatisfy { Catalog.detector(named: $0) != nil || $0 == id })
        #expect(!manual.example.flaggedPackets.isEmpty)
    }

    @Test(arguments: names)
    func `speaks in sentences with numbers`(_ id: String) throws {
        let found = try finding(by: detector(id), in: detector(id).manual.example)

        #expect(found.summary.hasSuffix("."))
        #expect(!(found.summary + found.explanation).contains("  "))
        #expect(found.summary.contains { $0.isNumber })
        #expect(found.explanation.isEmpty || found.explanation.hasSuffix("."))
        #expect(found.evidence.allSatisfy { !$0.note.isEmpty })
    }

    @Test func `has an id of its own`() {
        #expect(Set(Self.names).count == Self.names.count)
    }
}
