import Tracking

/// Worlds in which something is sent and not taken.
extension World {
    static func deaf(_ deafness: Deafness, _ setting: inout Setting) -> World {
        var (world, ends) = pair(&setting, client: setting.traits(), server: setting.traits())
        var conversation = Conversation(rounds: 1)
        if case .toCompletions = deafness {
            // A client that says nothing before the server does.
            conversation.greeting = 40
        }
        world.offer(conversation, at: ends.remote)
        world.deafness = deafness
        world.connectSometimes(from: ends, maybeAgain: false, &setting)
        world.run(for: 300 * .second)
        return world
    }

    /// The application does not take the connections that come up.
    static func fullQueue(_ setting: inout Setting, isAborting: Bool) -> World {
        var (world, ends) = pair(&setting, client: setting.traits(), server: setting.traits())
        world.offer(Conversation(rounds: setting.chance.number(in: 1...3)), at: ends.remote)
        let duration = setting.chance.duration(in: 1500 * .millisecond...20 * .second)
        world.stacks[ends.remote.address]?.queueIsFullUntil = world.now + duration
        world.stacks[ends.remote.address]?.abortsOnOverflow = isAborting
        world.plan(.connect(ends), after: 0)
        world.run(for: 300 * .second)
        return world
    }

    /// The service turns every client away, and the client comes again.
    static func turnedAway(_ setting: inout Setting) -> World {
        var (world, ends) = pair(&setting, client: setting.traits(), server: setting.traits())
        world.offer(Conversation(rounds: 0, closer: .server), at: ends.remote)
        let period = setting.chance.duration(in: 200 * .millisecond...8 * .second)
        for number in 0..<UInt16(setting.chance.number(in: 6...20)) {
            let local = Endpoint(ends.local.address, port: ends.local.port + number)
            let visit = Ends(local: local, remote: ends.remote)
            world.plan(.connect(visit), after: Int64(number) * period)
        }
        world.run(for: 300 * .second)
        return world
    }

    /// Nothing is wrong but the length of the path.
    static func slowPath(_ setting: inout Setting) -> World {
        var (world, ends) = pair(
            &setting,
            client: setting.traits(),
            server: setting.traits()
        )
        world.far.delay = setting.chance.duration(in: 120 * .millisecond...400 * .millisecond)
        world.plan(.connect(ends), after: 0)
        world.run(for: 300 * .second)
        return world
    }
}
