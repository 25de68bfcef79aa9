import Testing
import Tracking

/// IP datagrams that come in parts.
@Suite struct `A fragmented datagram` {
    private static let tcp = Octets.tcp(flags: 0x18, payload: 100)

    /// The parts of a datagram, at these places of its payload, each a multiple of 8.
    private func parts(_ cuts: [Int], isV6: Bool, identification: UInt8 = 7) -> [[UInt8]] {
        let bounds = [0] + cuts + [Self.tcp.count]
        return (0..<bounds.count - 1).map { index in
            part(
                bounds[index]..<bounds[index + 1],
                isLast: index == cuts.count,
                isV6: isV6,
                identification
            )
        }
    }

    private func part(
        _ range: Range<Int>,
        isLast: Bool,
        isV6: Bool,
        _ identification: UInt8 = 7
    ) -> [UInt8] {
        let octets = Array(Self.tcp[range])
        if isV6 {
            let field = UInt16(range.lowerBound) | (isLast ? 0 : 1)
            let header = [6, 0] + Octets.big(field) + [0, 0, 0, identification]
            return Octets.ethernet(Octets.ipv6(header + octets, next: 44), type: 0x86DD)
        }
        let field = UInt16(range.lowerBound / 8) | (isLast ? 0 : 0x2000)
        var datagram = Octets.ipv4(octets, fragment: field)
        datagram[5] = identification
        return Octets.ethernet(datagram)
    }

    private func track(_ frames: [[UInt8]], at times: [Int64] = []) throws -> Tracked {
        try TrackingTests.track(
            frames.enumerated().map { index, octets in
                .init(time: index < times.count ? times[index] : Int64(index), octets: octets)
            }
        )
    }

    /// What was said of the one flow that the datagram begins.
    private func expectOne(
        _ tracked: Tracked,
        packet: UInt64,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(tracked.tally.segments == 1, sourceLocation: sourceLocation)
        #expect(tracked.handshakes.map(\.firstPacket) == [packet], sourceLocation: sourceLocation)
        #expect(
            tracked.handshakes.map(\.initiator.port) == [1000],
            sourceLocation: sourceLocation
        )
    }

    @Test(arguments: [false, true], [[8], [24], [8, 16, 24, 32], [64]])
    func `is read with the part that completes it`(_ isV6: Bool, _ cuts: [Int]) throws {
        let tracked = try track(parts(cuts, isV6: isV6))

        expectOne(tracked, packet: UInt64(cuts.count + 1))
        #expect(tracked.tally.joinedFragments == UInt64(cuts.count))
        #expect(tracked.tally.unread(.incompleteFragment) == 0)
    }

    @Test(arguments: [false, true])
    func `may come in any order`(_ isV6: Bool) throws {
        var random = SplitMix64(seed: 4)
        for _ in 0..<50 {
            let frames = parts([8, 24, 64, 96], isV6: isV6).shuffled(using: &random)

            let tracked = try track(frames)

            expectOne(tracked, packet: 5)
        }
    }

    @Test(arguments: [false, true])
    func `may overlap and repeat itself`(_ isV6: Bool) throws {
        let frames = [
            part(0..<24, isLast: false, isV6: isV6), part(16..<64, isLast: false, isV6: isV6),
            part(16..<64, isLast: false, isV6: isV6), part(8..<32, isLast: false, isV6: isV6),
            part(56..<120, isLast: true, isV6: isV6),
        ]

        let tracked = try track(frames)

        expectOne(tracked, packet: 5)
        #expect(tracked.tally.joinedFragments == 4)
    }

    @Test func `gives the segment with the length of the whole`() throws {
        let frames =
            parts([24, 64], isV6: false) + [
                Octets.ethernet(Octets.ipv4(Octets.tcp(flags: 0x12)))
            ]

        var source = MemoryFrames(
            frames.map { .init(time: 0, octets: $0) },
            linkType: .ethernet
        )
        var tracker = Tracker()
        while try tracker.consume(next: 64, from: &source) {}

        #expect(tracker.tally.segments == 2)
        #expect(tracker.tally.packets == 4)
        #expect(tracker.tally.joinedFragments == 2)
    }

    @Test func `that stays incomplete is counted, not read`() throws {
        let tracked = try track(Array(parts([24, 64], isV6: false).dropLast()))

        #expect(tracked.tally.segments == 0)
        #expect(tracked.tally.unread(.incompleteFragment) == 2)
    }

    @Test func `is not completed by a part that comes half a minute later`() throws {
        let tracked = try track(parts([24], isV6: false), at: [0, 30_000_000_001])

        #expect(tracked.tally.segments == 0)
        #expect(tracked.tally.unread(.incompleteFragment) == 2)
    }

    @Test func `is not completed by a part of another`() throws {
        let frames = [
            parts([24], isV6: false, identification: 1)[0],
            parts([24], isV6: false, identification: 2)[1],
        ]

        #expect(try track(frames).tally.segments == 0)
    }

    @Test func `is not completed by a part in another VLAN`() throws {
        var frames = parts([24], isV6: false)
        frames[1].insert(contentsOf: [0x81, 0, 0, 9], at: 12)

        #expect(try track(frames).tally.segments == 0)
    }

    @Test func `may carry a tunnel, or be in one`() throws {
        let inner = Octets.ethernet(Octets.ipv4(Self.tcp))
        let outer = Array(Wrapping.vxlan(10, inner).dropFirst(20))
        let carrying = [
            Octets.ethernet(
                Octets.ipv4(Array(outer.prefix(32)), protocol: 17, fragment: 0x2000)
            ),
            Octets.ethernet(
                Octets.ipv4(Array(outer.dropFirst(32)), protocol: 17, fragment: 4)
            ),
        ]
        let within = parts([24], isV6: false).map { Octets.ethernet(Wrapping.vxlan(10, $0)) }

        for frames in [carrying, within] {
            let tracked = try track(frames)
            expectOne(tracked, packet: 2)
            #expect(
                tracked.encapsulations.name(of: tracked.handshakes[0].encapsulation).tunnel
                    == "vxlan:10"
            )
        }
    }

    @Test func `of any number at a time takes bounded memory`() throws {
        let frames = (0..<3000).map { index in
            var octets = parts([24], isV6: true)[0]
            octets[60] = UInt8(index >> 8)
            octets[61] = UInt8(index & 0xFF)
            return octets
        }

        let tracked = try track(frames + parts([24], isV6: false))

        #expect(tracked.tally.segments == 1)
        #expect(tracked.tally.unread(.incompleteFragment) == 3000)
    }

    @Test func `of noise never traps`() throws {
        var random = SplitMix64(seed: 99)
        var frames: [[UInt8]] = []
        for _ in 0..<4000 {
            var octets = try #require(
                parts([8, 24, 64], isV6: Bool.random(using: &random)).randomElement(using: &random)
            )
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let index = Int.random(in: 14..<octets.count, using: &random)
                octets[index] = .random(in: 0...255, using: &random)
            }
            frames.append(Array(octets.prefix(.random(in: 0...octets.count, using: &random))))
        }

        let tally = try track(frames).tally

        let unread = UnreadReason.allCases.reduce(0) { $0 + tally.unread($1) }
        #expect(tally.packets == 4000)
        #expect(tally.segments + tally.icmpErrors + unread + tally.joinedFragments == 4000)
    }
}
