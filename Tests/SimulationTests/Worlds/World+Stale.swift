import Tracking

/// Worlds in which one end still knows what the other has forgotten.
extension World {
    /// The server closed first and is in TIME-WAIT when another host, or the same after a restart,
    /// connects from the same port with an older clock.
    static func timeWaitCollision(_ setting: inout Setting) -> World {
        var client = setting.traits()
        var server = setting.traits()
        server.hasTimestamps = client.hasTimestamps
        client.synWaits = Traits.linear.synWaits
        var (world, ends, clock) = quietPair(&setting, client: client, server: server)
        world.offer(Conversation(greeting: 40, rounds: 0, closer: .server), at: ends.remote)
        world.plan(.connect(ends), after: 0)
        let gap = setting.chance.duration(in: 2 * .second...40 * .second)
        // A little older, so that the ISN is older too where nothing but the ISN is compared.
        let lag = gap + setting.chance.duration(in: .second...60 * .second)
        let older = HostClock(age: clock.age - lag, secret: clock.secret)
        world.plan(.reboot(ends.local.address, older), after: gap)
        world.plan(.connect(ends), after: gap + 10 * .millisecond)
        world.run(for: 300 * .second)
        return world
    }

    /// The client lost its power in the middle of a connection, and connects from the same port
    /// again.
    static func halfOpenServer(_ setting: inout Setting) -> World {
        let client = setting.traits()
        var (world, ends, _) = quietPair(&setting, client: client, server: setting.traits())
        var conversation = Conversation(rounds: 3, thought: 30 * .second)
        conversation.greeting = setting.chance.pick([0, 40])
        world.offer(conversation, at: ends.remote)
        world.plan(.connect(ends), after: 0)
        let crash = setting.chance.duration(in: 5 * .second...20 * .second)
        world.plan(.reboot(ends.local.address, setting.clock()), after: crash)
        world.plan(.connect(ends), after: crash + 2 * .second)
        world.run(for: 300 * .second)
        return world
    }

    /// One client and one server without any conversation yet, and the client's clock.
    static func quietPair(
        _ setting: inout Setting,
        client: Traits,
        server: Traits
    ) -> (world: World, ends: Ends, clock: HostClock) {
        var (world, ends) = pair(&setting, client: client, server: server)
        let clock = HostClock(age: 50_000 * .second, secret: setting.chance.next())
        world.stacks[ends.local.address] = Stack(clock, client)
        return (world, ends, clock)
    }
}
