import Tracking

/// What a diagnosis that goes on for months need not keep.
extension Diagnosis {
    /// Whether nothing was seen since `time` of the incident between the parties of a history.
    func isQuiet(_ history: History, since time: Int64) -> Bool {
        isQuiet(parties(of: history.initiator.address, history.responder), since: time)
    }

    private func isQuiet(_ parties: Parties, since time: Int64) -> Bool {
        var parties = parties
        if case .pair(let initiator, let service) = parties {
            parties = self.parties(of: initiator, service)
        }
        return (accumulators[parties]?.lastSeen ?? .min) < time
    }

    /// Forgets incidents of which nothing was seen since `time`, as `whole` knows, of which this is
    /// a part.
    mutating func forget(quietIn whole: Diagnosis, since time: Int64) {
        let quiet = Set(order.filter { whole.isQuiet($0, since: time) })
        guard !quiet.isEmpty else { return }
        order.removeAll(where: quiet.contains)
        for parties in quiet { accumulators[parties] = nil }
        firstSYNs = firstSYNs.filter { accumulators[$0.value.parties] != nil }
        services = []
        initiatorsOfService = [:]
        servicesOfInitiator = [:]
        walls = walls.filter { accumulators[$0.key] != nil || accumulators[.wall($0.value)] != nil }
        servicesBehindWall = [:]
        for (pair, wall) in walls {
            guard case .pair(_, let service) = pair else { continue }
            services.insert(service)
            servicesBehindWall[wall, default: []].insert(service)
        }
        for parties in order {
            if case .service(let service) = parties { services.insert(service) }
            guard case .pair(let initiator, let service) = parties else { continue }
            services.insert(service)
            if walls[parties] != nil { continue }
            initiatorsOfService[service, default: []].insert(initiator)
            servicesOfInitiator[initiator, default: []].insert(service)
        }
    }
}
