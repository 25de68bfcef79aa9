/// How many connections came up to each of a few services.
struct EstablishedCounts {
    private(set) var counts: [Endpoint: Int]
    private var marks = EndpointMarks()

    init(of services: some Collection<Endpoint>) {
        counts = Dictionary(services.map { ($0, 0) }) { first, _ in first }
        for service in services { marks.insert(service) }
    }

    /// Counts a connection, if it is to one of them.
    @inline(always)
    mutating func note(_ service: Endpoint) {
        // Nearly all are to others.
        if marks.mayContain(service) { counts[service]? += 1 }
    }

    /// Counts those of which there are but remnants.
    mutating func noteRemnants(in table: borrowing FlowTable) {
        table.forEachRemnant { flow in
            note(flow.responder)
            return true
        }
    }
}
