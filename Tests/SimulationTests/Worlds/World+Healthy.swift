import Tracking

extension World {
    /// Clients and servers that get on with each other, over links that may lose, repeat and
    /// reorder a little.
    static func healthy(seed: UInt64, block: UInt32 = 0, loss: Double = 0.03) -> World {
        var setting = Setting(
            seed: seed,
            block: block,
            loss: loss,
            isUnruly: true,
            maybeTranslated: true
        )
        var world = setting.world()
        let services = world.furnish(&setting)
        let clients = (1...UInt32(setting.chance.number(in: 1...3))).map { setting.client($0) }
        for address in clients { world.stacks[address] = Stack(setting.clock(), setting.traits()) }
        for number in 0..<UInt16(setting.chance.number(in: 1...5)) {
            let port = setting.chance.coin() ? 700 + number : 40000 + number
            let local = Endpoint(setting.chance.pick(clients), port: port)
            let ends = Ends(local: local, remote: setting.chance.pick(services))
            world.plan(.connect(ends), after: setting.chance.duration(in: 1...3 * .second))
            for again in 0..<setting.chance.pick([0, 0, 1, 2]) {
                let wait =
                    setting.chance.duration(in: 1...60 * .second) + Int64(again) * 80 * .second
                world.plan(.reconnect(ends, tries: 30), after: 4 * .second + wait)
            }
        }
        if setting.chance.happens(0.3) {
            world.check(services[0].address, from: setting.chance.pick(clients), &setting)
        }
        world.run(for: 400 * .second)
        return world
    }

    /// Puts up one or two servers with two services each.
    private mutating func furnish(_ setting: inout Setting) -> [Endpoint] {
        var services: [Endpoint] = []
        for number in 1...UInt32(setting.chance.number(in: 1...2)) {
            let address = setting.server(number)
            var traits = setting.traits()
            if setting.chance.happens(0.1) {
                traits.answerDelay = setting.chance.duration(in: .millisecond...250 * .millisecond)
            }
            stacks[address] = Stack(setting.clock(), traits)
            for port in [443, 2049] as [UInt16] {
                let service = Endpoint(address, port: port)
                offer(Conversation(by: &setting.chance), at: service)
                services.append(service)
            }
        }
        return services
    }

    mutating func offer(_ conversation: Conversation, at service: Endpoint) {
        stacks[service.address]?.listeners[service.port] = conversation
        conversations[service] = conversation
    }

    /// A health check: a connection every few seconds, given up as soon as it is up.
    private mutating func check(
        _ server: Address,
        from client: Address,
        _ setting: inout Setting
    ) {
        let service = Endpoint(server, port: 8080)
        var conversation = Conversation(rounds: 0)
        conversation.greeting = setting.chance.pick([0, 0, 40])
        conversation.closer = setting.chance.pick([.client, .clientEarly, .clientAborting])
        offer(conversation, at: service)
        let period = setting.chance.duration(in: 500 * .millisecond...10 * .second)
        for number in 0..<UInt16(setting.chance.number(in: 3...12)) {
            let local = Endpoint(client, port: 50000 + number)
            plan(
                .connect(Ends(local: local, remote: service)),
                after: Int64(number) * period + setting.chance.duration(in: 1...10 * .millisecond)
            )
        }
    }
}

extension Conversation {
    /// Any healthy conversation.
    init(by chance: inout Chance) {
        greeting = chance.pick([0, 0, 40])
        rounds = chance.number(in: 0...3)
        question = chance.number(in: 1...2000)
        answer = chance.number(in: 1...6000)
        thought = chance.coin() ? 0 : chance.duration(in: .microsecond...2 * .second)
        closer = chance.pick(Closer.allCases)
        // A server that closes without a word turns its clients away.
        if greeting == 0, rounds == 0, [.server, .both].contains(closer) { closer = .client }
    }
}
