import Diagnosing
import Testing
import Tracking

@Suite(.tags(.slow)) struct `A scripted fault` {
    @Test(arguments: ScriptedFault.allCases, Seeds.first(40))
    func `is found, and nothing else`(fault: ScriptedFault, seed: UInt64) throws {
        let exchange = fault.exchange(seed: seed)

        let observation = try Observation(of: exchange.frames)

        let report = "\(fault), seed \(seed):\n\(observation.findings.text)"
        let others = observation.alarms.pathologies.subtracting([fault.pathology])
        #expect(observation.findings.pathologies.contains(fault.pathology), "\(report)")
        #expect(others.isSubset(of: fault.consequences), "\(report)")
    }

    @Test(arguments: ScriptedFault.allCases, Seeds.first(20))
    func `stays the same wherever on the circle its numbers lie`(
        fault: ScriptedFault,
        seed: UInt64
    ) throws {
        let exchange = fault.exchange(seed: seed)
        let before = try Observation(of: exchange.frames)

        let distance = UInt32(truncatingIfNeeded: Chance.first(of: seed))
        let after = try Observation(of: exchange.shifted(by: distance).frames)

        #expect(after.essences == before.essences, "\(fault), seed \(seed)")
    }

    @Test(arguments: ScriptedFault.allCases, Seeds.first(20))
    func `stays the same beside a healthy world`(fault: ScriptedFault, seed: UInt64) throws {
        let own = fault.exchange(seed: seed).frames
        let other = World.healthy(seed: seed &+ 1000, block: 1).tap.frames()
        let before = try Observation(of: own)

        let after = try Observation(of: own.merged(with: other))

        let findings = after.essences.filter { before.subjects.contains($0.subject) }
        #expect(findings == before.essences, "\(fault), seed \(seed)")
    }
}
