import Tracking

/// What a diagnosis that goes on for months need not keep.
extension Diagnosis {
    /// Whether nothing was seen since `time` of the incident between the parties of a history.
    func isQuiet(_ history: History, since time: Int64) -> Bool {
        isQuiet(.pair(history.initiator.address, history.responder), since: time)
    }

    /// The same of the parties of an incident, or of a pair that may have become part of one.
    private func isQuiet(_ parties: Parties, since time: Int64) -> Bool {
        var wholes = [parties]
        if case .pair(let initiator, let service) = parties {
            wholes += [false, true].map {
                self.parties(of: initiator, service, noting: $0)
            }
            if let obstacle = obstacleOfPair[parties] { wholes.append(.obstacle(obstacle)) }
        }
        return wholes.allSatisfy { (accumulators[$0]?.lastSeen ?? .min) < time }
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
        notedServicesOfInitiator = [:]
        obstacleOfPair = obstacleOfPair.filter {
            accumulators[$0.key] != nil || accumulators[.obstacle($0.value)] != nil
        }
        pairsOfObstacle = [:]
        for (pair, obstacle) in obstacleOfPair {
            pairsOfObstacle[obstacle, default: []].insert(pair)
            if case .pair(_, let service) = pair { services.insert(service) }
        }
        for parties in order {
            if case .service(let service) = parties { services.insert(service) }
            guard case .pair(let initiator, let service) = parties else { continue }
            services.insert(service)
            if obstacleOfPair[parties] != nil { continue }
            initiatorsOfService[service, default: []].insert(initiator)
            if accumulators[parties]?.holdsNotes ?? true {
                notedServicesOfInitiator[initiator, default: []].insert(service)
            } else {
                servicesOfInitiator[initiator, default: []].insert(service)
            }
        }
    }
}
