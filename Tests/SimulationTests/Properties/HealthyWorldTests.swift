import Testing

@Suite struct `A healthy world` {
    @Test(arguments: Seeds.first(300))
    func `gives no warning, wherever it is captured`(seed: UInt64) throws {
        let world = World.healthy(seed: seed)

        let observation = try Observation(of: world.tap.frames())

        #expect(world.isAtRest)
        #expect(observation.alarms.isEmpty, "seed \(seed):\n\(observation.alarms.text)\(world.story)")
    }
}
