import Diagnosing
import Testing
import Tracking

@Suite struct `A healthy world` {
    @Test(arguments: Seeds.first(300))
    func `gives no warning, wherever it is captured`(seed: UInt64) throws {
        let world = World.healthy(seed: seed)

        let observation = try Observation(of: world.tap.frames())

        #expect(world.isAtRest)
        #expect(observation.handshakes.allSatisfy { $0.outcome == .completed }, "seed \(seed)")
        #expect(observation.alarms.text == "", "seed \(seed)\(world.story)")
    }

    @Test(arguments: Seeds.first(200))
    func `gives no warning when the capture begins late`(seed: UInt64) throws {
        var world = World.healthy(seed: seed)
        let first = world.chance.number(in: 0...max(0, world.tap.passings.count - 1))
        world.tap.begin(at: first)

        let observation = try Observation(of: world.tap.frames())

        #expect(observation.alarms.text == "", "seed \(seed)\(world.story)")
    }

    @Test(arguments: Seeds.first(200))
    func `gives nothing but what is pending when the capture ends early`(seed: UInt64) throws {
        var world = World.healthy(seed: seed)
        world.tap.end(after: world.chance.number(in: 0...world.tap.passings.count))

        let observation = try Observation(of: world.tap.frames())

        let settled = observation.alarms.filter { $0.status != .pending }
        #expect(settled.text == "", "seed \(seed)\(world.story)")
    }

    @Test(arguments: Seeds.first(200))
    func `gives no warning when the capture confuses neighbours`(seed: UInt64) throws {
        var world = World.healthy(seed: seed)
        world.tap.confuse(0.2, within: 3 * .millisecond, &world.chance)

        let observation = try Observation(of: world.tap.frames())

        #expect(observation.alarms.text == "", "seed \(seed)\(world.story)")
    }

    @Test(arguments: Seeds.first(200))
    func `gives no warning when the capture misses packets`(seed: UInt64) throws {
        var world = World.healthy(seed: seed)
        world.tap.lose(0.02, &world.chance)

        let observation = try Observation(of: world.tap.frames())

        #expect(observation.alarms.text == "", "seed \(seed)\(world.story)")
    }
}
