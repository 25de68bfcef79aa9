import Testing
import Tracking

/// The same story told otherwise means the same.
@Suite struct `A history` {
    static let exchanges = [
        `Answers retained for the first of several SYNs`.exchange,
        `An answer to something else`.unseen,
        `A RST`.loop,
    ]

    private func interpretations(of exchange: Exchange) throws -> [Interpretation] {
        try histories(of: exchange).flatMap(\.interpretations)
    }

    @Test(
        arguments: exchanges,
        [1, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 617_725_956] as [UInt32]
    )
    func `reads the same wherever on the circle its numbers lie`(
        _ exchange: Exchange,
        shift: UInt32
    ) throws {
        #expect(
            try interpretations(of: exchange.shifted(by: shift)) == interpretations(of: exchange)
        )
    }

    @Test(arguments: exchanges)
    func `reads the same over IPv6 and in tagged frames`(_ exchange: Exchange) throws {
        let plain = try interpretations(of: exchange)

        #expect(try interpretations(of: exchange.overIPv6) == plain)
        #expect(try interpretations(of: exchange.tagged([7, 100])) == plain)
        #expect(try histories(of: exchange.tagged([7, 100])).map(\.encapsulation.number) == [1])
    }

    @Test(arguments: exchanges)
    func `reads the same at any time`(_ exchange: Exchange) throws {
        var moved = exchange
        moved.begin = 4_102_444_799_999_999_999

        #expect(try interpretations(of: moved) == interpretations(of: exchange))
    }

    @Test(arguments: exchanges)
    func `reads the same beside another flow`(_ exchange: Exchange) throws {
        let healthy = healthyConnection.frames
        let frames = zip(exchange.frames, healthy).flatMap { [$0, $1] }
        let rest =
            exchange.frames.dropFirst(healthy.count) + healthy.dropFirst(exchange.frames.count)

        let tracked = try track(frames + rest)

        let facts = CaptureFacts(begin: 0, end: 0)
        let read = tracked.flows.flatMap { History($0, in: facts).interpretations }
        #expect(try read == interpretations(of: exchange))
    }

    @Test(arguments: exchanges)
    func `tells of every event, and points only at earlier ones`(_ exchange: Exchange) throws {
        let history = try #require(histories(of: exchange).first)

        #expect(history.interpretations.count == history.events.count)
        for (index, interpretation) in history.interpretations.enumerated() {
            if case .icmp(let subject) = interpretation {
                #expect(subject.map { $0 < index } == true)
            }
            if case .duplicate(let original) = interpretation { #expect(original < index) }
        }
        #expect(history.incarnations.map(\.events).flatMap(\.self) == Array(history.events.indices))
    }
}
