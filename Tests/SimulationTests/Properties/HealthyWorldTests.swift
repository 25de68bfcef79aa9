import Diagnosing
import Testing
import Tracking

@Suite(.tags(.slow)) struct `A healthy world` {
    @Test(arguments: Seeds.first(300))
    func `gives no warning, wherever it is captured`(seed: UInt64) throws {
        let world = World.healthy(seed: seed)

        let observation = try Observation(of: world.tap.frames())

        #expect(world.isAtRest)
        let outcomes = Set(observation.handshakes.map(\.outcome.name))
        let isAborted = world.conversations.values.contains { $0.closer == .clientAborting }
        let usual: Set = isAborted ? ["completed", "probed", "reset"] : ["completed"]
        #expect(outcomes.isSubset(of: usual), "seed \(seed)\(world.story)")
        #expect(observation.alarms(in: world).text == "", "seed \(seed)\(world.story)")
    }

    @Test(arguments: Seeds.first(200))
    func `gives no warning when the capture begins late`(seed: UInt64) throws {
        var world = World.healthy(seed: seed)
        let first = world.chance.number(in: 0...max(0, world.tap.passings.count - 1))
        world.tap.begin(at: first)

        let observation = try Observation(of: world.tap.frames())

        #expect(observation.alarms(in: world).text == "", "seed \(seed)\(world.story)")
    }

    @Test(arguments: Seeds.first(200))
    func `gives nothing but what is pending when the capture ends early`(seed: UInt64) throws {
        var world = World.healthy(seed: seed)
        world.tap.end(after: world.chance.number(in: 0...world.tap.passings.count))

        let observation = try Observation(of: world.tap.frames())

        let settled = observation.alarms(in: world).filter { $0.status != .pending }
        #expect(settled.text == "", "seed \(seed)\(world.story)")
    }

    @Test(arguments: Seeds.first(200))
    func `gives no warning when the capture confuses neighbours`(seed: UInt64) throws {
        var world = World.healthy(seed: seed)
        world.tap.confuse(0.2, within: 3 * .millisecond, &world.chance)

        let observation = try Observation(of: world.tap.frames())

        #expect(observation.alarms(in: world).text == "", "seed \(seed)\(world.story)")
    }

    @Test(arguments: Seeds.first(200))
    func `gives no warning when the capture misses packets`(seed: UInt64) throws {
        var world = World.healthy(seed: seed)
        world.tap.lose(world.chance.pick([0.005, 0.02, 0.1]), &world.chance)

        let observation = try Observation(of: world.tap.frames())

        #expect(observation.alarms(in: world).text == "", "seed \(seed)\(world.story)")
    }

    @Test(arguments: Seeds.first(100))
    func `gives no warning when the capture has one direction only`(seed: UInt64) throws {
        var world = World.healthy(seed: seed)
        world.tap.keep(fromClient: world.chance.coin())

        let observation = try Observation(of: world.tap.frames())

        #expect(observation.alarms(in: world).text == "", "seed \(seed)\(world.story)")
    }

    @Test(arguments: Seeds.first(100))
    func `gives no warning when the capture cuts its packets`(seed: UInt64) throws {
        var world = World.healthy(seed: seed)
        let snapLength = world.chance.pick([54, 60, 74, 96])

        let observation = try Observation(of: world.tap.frames().cut(to: snapLength))

        #expect(observation.alarms(in: world).text == "", "seed \(seed)\(world.story)")
    }
}

extension [MemoryFrames.Record] {
    /// No more than so many octets of each.
    fileprivate func cut(to length: Int) -> [MemoryFrames.Record] {
        map { MemoryFrames.Record(time: $0.time, octets: [UInt8]($0.octets.prefix(length))) }
    }
}
