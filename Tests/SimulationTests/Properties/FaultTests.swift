import Diagnosing
import Testing

@Suite(.tags(.slow)) struct `A fault` {
    @Test(arguments: Fault.allCases, Seeds.first(60))
    func `is found, and nothing else`(fault: Fault, seed: UInt64) throws {
        let world = World.suffering(fault, seed: seed)

        let observation = try Observation(of: world.tap.frames())

        let report = "\(fault), seed \(seed):\n\(observation.findings.text)\(world.story)"
        let due = world.tap.location == .client ? fault.pathologiesAtClient : []
        let expected = fault.pathologies.union(due)
        let others = observation.alarms.pathologies.subtracting(expected)
        #expect(observation.findings.pathologies.isSuperset(of: expected), "\(report)")
        #expect(others.isSubset(of: fault.companions), "\(report)")
    }

    @Test(arguments: Seeds.first(100))
    func `that begins with a burst has it as its root`(seed: UInt64) throws {
        let world = World.suffering(.filerBurst, seed: seed)

        let observation = try Observation(of: world.tap.frames())

        let roots = observation.incidents.map(\.root.pathology)
        #expect(roots == ["syn-burst"], "seed \(seed):\n\(observation.findings.text)\(world.story)")
    }

    @Test(arguments: Fault.allCases, Seeds.first(40))
    func `is not mistaken for another where packets are lost`(fault: Fault, seed: UInt64) throws {
        let world = World.suffering(fault, seed: seed, loss: 0.15)

        let observation = try Observation(of: world.tap.frames())

        let wrong = observation.alarms(in: world).filter { finding in
            if finding.pathology == "syn-unanswered" {
                return world.tap.holdsAnswer(toSYNsOf: finding)
            }
            return !fault.pathologies.contains(finding.pathology)
                && !fault.companions.contains(finding.pathology)
                && !fault.companionsUnderLoss.contains(finding.pathology)
        }
        #expect(wrong.text == "", "\(fault), seed \(seed)\(world.story)")
    }
}
