import Tracking

extension World {
    /// Clients and servers that get on with each other, over links that may lose, repeat and reorder a little.
    static func healthy(seed: UInt64, block: UInt32 = 0, loss: Double = 0.03) -> World {
        var setting = Setting(seed: seed, block: block, loss: loss, isUnruly: true)
        var world = setting.world()
        let servers = (1...UInt32(setting.chance.number(in: 1...2))).map { setting.server($0) }
        let clients = (1...UInt32(setting.chance.number(in: 1...3))).map { setting.client($0) }
        var services: [Endpoint] = []
        for address in servers {
            var stack = Stack(setting.clock(), setting.traits())
            for port in [443, 2049] as [UInt16] {
                let service = Endpoint(address, port: port)
                let conversation = Conversation(by: &setting.chance)
                stack.listeners[port] = conversation
                world.conversations[service] = conversation
                services.append(service)
            }
            world.stacks[address] = stack
        }
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
        world.run(for: 400 * .second)
        return world
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
    }
}
