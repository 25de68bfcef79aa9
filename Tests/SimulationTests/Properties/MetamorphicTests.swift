import Testing
import Tracking

@Suite(.tags(.slow)) struct `The findings of a world` {
    @Test(arguments: Fault.allCases, Seeds.first(15))
    func `stay the same wherever on the circle its numbers lie`(fault: Fault, seed: UInt64) throws {
        let world = World.suffering(fault, seed: seed, loss: seed % 2 == 0 ? 0.1 : 0)
        let own = UInt32(truncatingIfNeeded: Chance.first(of: seed))
        let before = try Observation(of: world.tap.frames())

        let after = try Observation(
            of: world.tap.frames { UInt32(truncatingIfNeeded: $0.low) &* own }
        )

        #expect(after.essences == before.essences, "\(fault), seed \(seed)\(world.story)")
    }

    @Test(arguments: Fault.allCases, Seeds.first(15))
    func `stay the same when the first SYN wraps`(fault: Fault, seed: UInt64) throws {
        let world = World.suffering(fault, seed: seed, loss: seed % 2 == 0 ? 0.1 : 0)
        let starts = world.tap.initialSequences
        let before = try Observation(of: world.tap.frames())

        let after = try Observation(
            of: world.tap.frames { 0 &- (starts[$0] ?? 0) &- UInt32(seed % 3) }
        )

        #expect(after.essences == before.essences, "\(fault), seed \(seed)\(world.story)")
    }

    @Test(arguments: Fault.allCases, Seeds.first(15))
    func `stay the same beside a healthy world`(fault: Fault, seed: UInt64) throws {
        let world = World.suffering(fault, seed: seed, loss: seed % 2 == 0 ? 0.1 : 0)
        let own = world.tap.frames()
        let other = World.healthy(seed: seed &+ 1000, block: 1)
        let before = try Observation(of: own)

        let after = try Observation(of: own.merged(with: other.tap.frames()))

        let findings = after.essences.filter { before.subjects.contains($0.subject) }
        #expect(findings == before.essences, "\(fault), seed \(seed)\(world.story)")
    }
}

extension [MemoryFrames.Record] {
    /// These frames and, from the same moment on, as many of the others as lie within their time,
    /// from network cards of their own.
    func merged(with others: [MemoryFrames.Record]) -> [MemoryFrames.Record] {
        guard let first, let last, let begin = others.first?.time else { return self }
        let moved = others.map {
            var octets = $0.octets
            for last in [5, 11] where octets.count > 14 { octets[last] ^= 0x40 }
            return MemoryFrames.Record(time: $0.time - begin + first.time, octets: octets)
        }
        let within = moved.prefix { $0.time <= last.time }
        return (self + within).sorted { $0.time < $1.time }
    }
}
