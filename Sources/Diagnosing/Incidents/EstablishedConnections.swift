import Tracking

/// How many connections came up at services that may be in an incident, and when the last one did.
struct EstablishedConnections {
    /// Those of one initiator.
    struct Count {
        var count = 0
        /// When the last one began, in nanoseconds since 1970.
        var last = Int64.min

        mutating func add(_ count: Int, lastAt time: Int64) {
            self.count += count
            last = max(last, time)
        }
    }

    /// Those at one service.
    struct Service {
        private(set) var count = 0
        private(set) var last = Int64.min
        /// Of those that are expected.
        fileprivate(set) var byInitiator: [Address: Count] = [:]

        fileprivate mutating func add(_ count: Int, _ initiator: Address, lastAt time: Int64) {
            self.count += count
            last = max(last, time)
            byInitiator[initiator]?.add(count, lastAt: time)
        }
    }

    private(set) var byService: [Endpoint: Service] = [:]
    /// Most of what is not among them, so that others are not looked for.
    private var marks = EndpointMarks()

    /// Counts those of anybody at a service.
    mutating func expect(at service: Endpoint) {
        marks.insert(service)
        if byService[service] == nil { byService[service] = Service() }
    }

    /// Counts those of an initiator at a service, too.
    mutating func expect(from initiator: Address, at service: Endpoint) {
        expect(at: service)
        if byService[service]?.byInitiator[initiator] == nil {
            byService[service]?.byInitiator[initiator] = Count()
        }
    }

    /// Takes connections that came up, the last of them at a time in nanoseconds since 1970.
    mutating func note(_ count: Int, _ initiator: Address, _ service: Endpoint, lastAt time: Int64)
    {
        guard marks.mayContain(service) else { return }
        byService[service]?.add(count, initiator, lastAt: time)
    }
}
