import Tracking

/// Which scripts are played, and how often each.
struct Programme {
    struct Entry {
        let exchange: Exchange
        /// Of the sum of all shares.
        let share: Int
        /// Whether something is wrong in it: then it has 256 servers of its own.
        let isTroubled: Bool
    }

    let entries: [Entry]

    /// Short connections, of which one in ten goes wrong.
    static let short = Programme(
        healthy: [(9 * Pathologies.all.count, Healthy.short)],
        troubled: Pathologies.all
    )

    /// Every pathology as often as the others.
    static let pathological = Programme(healthy: [], troubled: Pathologies.all)

    /// Few connections that carry data for a long time.
    static let established = Programme(healthy: [(1, Healthy.download)], troubled: [])

    /// Connections that stay.
    static let live = Programme(healthy: [(1, Healthy.lasting)], troubled: [])

    /// What a server sees in a week: two conversations in a hundred go wrong.
    static let week = Programme(
        healthy: [
            (24, Healthy.short), (10, Healthy.short.overIPv6), (12, Healthy.web),
            (2, Healthy.session),
            (1, Healthy.mount),
        ].map { ($0.0 * Pathologies.all.count, $0.1) },
        troubled: Pathologies.all
    )

    private init(healthy: [(Int, Exchange)], troubled: [Exchange]) {
        entries =
            healthy.map { Entry(exchange: $0.1, share: $0.0, isTroubled: false) }
            + troubled.map { Entry(exchange: $0, share: 1, isTroubled: true) }
    }
}
