import Tracking

extension World {
    /// One client and one server, and one thing wrong between them.
    static func suffering(_ fault: Fault, seed: UInt64, loss: Double = 0) -> World {
        var setting = Setting(seed: seed, loss: loss, isUnruly: loss > 0)
        switch fault {
        case .closedPort: return closedPort(&setting)
        case .droppedSyns: return barred(&setting) { _ in .drop }
        case .rejectedSyns: return barred(&setting) { .error(refusal(&$0)) }
        case .unreachable: return barred(&setting) { .error(unreachable(&$0)) }
        case .resetSyns: return barred(&setting) { _ in .reset }
        case .filerBurst: return filerBurst(&setting)
        case .linuxBurst: return linuxBurst(&setting, rounds: 1)
        case .repeatedLinuxBurst:
            return linuxBurst(&setting, rounds: setting.chance.number(in: 3...5))
        case .rawSender: return rawSender(&setting)
        case .oldEntry: return oldEntry(&setting)
        case .timeWaitCollision: return timeWaitCollision(&setting)
        case .halfOpenServer: return halfOpenServer(&setting)
        case .lostSyns: return deaf(.toFirstSyns(setting.chance.number(in: 1...2)), &setting)
        case .lostAnswers: return deaf(.toAnswers, &setting)
        case .lostCompletions: return deaf(.toCompletions, &setting)
        case .fullQueue: return fullQueue(&setting, isAborting: false)
        case .abortingQueue: return fullQueue(&setting, isAborting: true)
        case .turnedAway: return turnedAway(&setting)
        case .slowPath: return slowPath(&setting)
        }
    }

    private static func refusal(_ setting: inout Setting) -> Refusal {
        let refusal = setting.chance.pick([Refusal.networkProhibited, .hostProhibited, .prohibited])
        return setting.isIPv4 ? refusal : refusal.overIPv6
    }

    private static func unreachable(_ setting: inout Setting) -> Refusal {
        let refusal = setting.chance.pick([
            Refusal.networkUnreachable, .hostUnreachable, .protocolUnreachable, .portUnreachable,
            .timeExceeded,
        ])
        return setting.isIPv4 ? refusal : refusal.overIPv6
    }

    /// A world with one client and one server, and what they would say to each other.
    static func pair(
        _ setting: inout Setting,
        client: Traits,
        server: Traits,
        leastDelay: Int64 = 10 * .microsecond
    ) -> (world: World, ends: Ends) {
        var world = setting.world(leastDelay: leastDelay)
        let conversation = Conversation(by: &setting.chance)
        let port = setting.chance.pick([111, 443, 2049, 8080] as [UInt16])
        let service = Endpoint(setting.server(), port: port)
        world.conversations[service] = conversation
        world.stacks[service.address] = Stack(setting.clock(), server)
        world.stacks[service.address]?.listeners[port] = conversation
        world.stacks[setting.client()] = Stack(setting.clock(), client)
        let source = setting.chance.coin() ? 705 : UInt16(setting.chance.number(in: 32768...60999))
        let local = Endpoint(setting.client(), port: source)
        return (world, Ends(local: local, remote: service))
    }

    /// A few connects from other ports, some of them from the same again.
    mutating func connectSometimes(
        from ends: Ends,
        maybeAgain: Bool = true,
        _ setting: inout Setting
    ) {
        var time: Int64 = 0
        var port = ends.local.port
        for _ in 0..<setting.chance.number(in: 1...4) {
            let local = Endpoint(ends.local.address, port: port)
            plan(.connect(Ends(local: local, remote: ends.remote)), after: time)
            time += roundTrip * 2 + setting.chance.duration(in: .second...20 * .second)
            if !maybeAgain || setting.chance.coin() { port += 1 }
        }
    }

    private static func closedPort(_ setting: inout Setting) -> World {
        let client = setting.traits()
        var (world, ends) = pair(&setting, client: client, server: setting.traits())
        world.stacks[ends.remote.address]?.listeners = [:]
        world.connectSometimes(from: ends, &setting)
        world.run(for: 200 * .second)
        return world
    }

    private static func barred(
        _ setting: inout Setting,
        by manner: (inout Setting) -> Barrier.Manner
    ) -> World {
        let client = setting.traits().givingUp(after: setting.chance.number(in: 1...6))
        var (world, ends) = pair(&setting, client: client, server: setting.traits())
        let sender = setting.chance.coin() ? ends.remote.address : setting.router
        world.barrier = Barrier(manner(&setting), by: sender)
        world.connectSometimes(from: ends, &setting)
        world.run(for: 300 * .second)
        return world
    }

    /// Connects `count` times on one port, so fast that no answer can come between.
    private mutating func burst(
        on ends: Ends,
        count: Int,
        most: Int64,
        after start: Int64,
        _ setting: inout Setting
    ) {
        let longest = min(most, roundTrip * 9 / 10 / Int64(count - 1))
        var time = start
        for _ in 0..<count {
            plan(.connect(ends), after: time)
            time += Int64.random(in: 60 * .microsecond...longest, using: &setting.chance)
        }
    }

    private static func filer(_ setting: inout Setting) -> (world: World, ends: Ends) {
        var server = setting.traits()
        server.keepsFirstAnswer = true
        let client = setting.traits()
        var (world, ends) = pair(&setting, client: client, server: server, leastDelay: .millisecond)
        world.suspicion = Suspicion()
        let count = setting.chance.number(in: 2...5)
        world.burst(on: ends, count: count, most: 200 * .millisecond, after: 0, &setting)
        return (world, ends)
    }

    private static func filerBurst(_ setting: inout Setting) -> World {
        var (world, _) = filer(&setting)
        world.run(for: 300 * .second)
        return world
    }

    private static func linuxBurst(_ setting: inout Setting, rounds: Int) -> World {
        let client = setting.traits()
        let delay = Int64.millisecond
        var (world, ends) = pair(
            &setting,
            client: client,
            server: setting.traits(),
            leastDelay: delay
        )
        var time: Int64 = 0
        for _ in 0..<rounds {
            // Of an odd number the last one gets through.
            let count =
                rounds == 1 ? setting.chance.number(in: 2...5) : setting.chance.pick([2, 4])
            world.burst(on: ends, count: count, most: 4 * .millisecond, after: time, &setting)
            time +=
                world.roundTrip * 6 + setting.chance.duration(in: 20 * .millisecond...2 * .second)
        }
        world.run(for: 300 * .second)
        return world
    }

    private static func rawSender(_ setting: inout Setting) -> World {
        var (world, ends) = pair(&setting, client: .linear, server: setting.traits())
        let isNewEachTime = setting.chance.coin()
        var sequence = UInt32(truncatingIfNeeded: setting.chance.next())
        var time: Int64 = 0
        for _ in 0..<setting.chance.number(in: 3...6) {
            world.plan(.sendRawSyn(ends, sequence: sequence), after: time)
            if isNewEachTime { sequence = UInt32(truncatingIfNeeded: setting.chance.next()) }
            time +=
                world.roundTrip * 3 + setting.chance.duration(in: 10 * .millisecond...2 * .second)
        }
        world.run(for: 300 * .second)
        return world
    }

    private static func oldEntry(_ setting: inout Setting) -> World {
        var (world, ends) = filer(&setting)
        let isOpened = setting.chance.coin()
        let wait = Int64.random(in: 2 * .second...30 * .second, using: &setting.chance)
        world.plan(.connect(ends), after: wait)
        if isOpened { world.plan(.openFirewall, after: wait) }
        world.run(for: 300 * .second)
        let syns = world.tap.passings.filter { !$0.parcel.isError && $0.parcel.segment.isSyn }
        let newest = syns.last?.parcel.segment.sequence
        world.tap.begin {
            $0.parcel.segment.isSyn && $0.parcel.segment.sequence == newest
        }
        return world
    }
}
