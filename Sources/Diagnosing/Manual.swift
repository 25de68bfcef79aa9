import Tracking

/// The manual page of a detector: what `explain` prints and what the tests hold the detector to.
package struct Manual: Sendable {
    /// In kebab-case; reads right behind "ignore".
    package let id: String
    /// A noun phrase.
    package let title: String
    package let group: Group
    /// The exact condition on the wire.
    package let sees: String
    package let means: String
    /// What looks alike and is something else.
    package let unless: String
    /// What to look at next.
    package let check: String
    /// What other programs call it, so that a search for their words leads here; may be empty.
    package let elsewhere: String
    package let sources: [Source]
    /// The pathologies that bring this one about, if they are there too.
    package let followsFrom: [String]
    // Played only when somebody asks: an analysis needs none of them.
    private let makeExample: @Sendable () -> Exchange
    private let makeNearMiss: @Sendable () -> Exchange

    package init(
        id: String,
        title: String,
        group: Group,
        sees: String,
        means: String,
        unless: String,
        check: String,
        elsewhere: String = "",
        sources: [Source],
        followsFrom: [String] = [],
        example: @autoclosure @escaping @Sendable () -> Exchange,
        nearMiss: @autoclosure @escaping @Sendable () -> Exchange
    ) {
        self.id = id
        self.title = title
        self.group = group
        self.sees = sees
        self.means = means
        self.unless = unless
        self.check = check
        self.elsewhere = elsewhere
        self.sources = sources
        self.followsFrom = followsFrom
        makeExample = example
        makeNearMiss = nearMiss
    }

    /// The detector points at exactly the flagged packets of it.
    package var example: Exchange { makeExample() }

    /// The detector stays silent on it.
    package var nearMiss: Exchange { makeNearMiss() }
}

extension Manual {
    /// What a reader looks for a pathology under, in reading order.
    package enum Group: String, CaseIterable, Sendable {
        case staleState = "Reused ports and stale state"
        case refusal = "Refused, rejected, unanswered"
        case slowness = "Slow handshakes"
        case options = "Options and checksums"
        case standstill = "Connections that stand still"
        case ending = "Connections that are cut off"
        case tls = "TLS"
        case network = "Addresses, paths, scans"
    }
}

/// Where a manual has its knowledge from.
package enum Source: Hashable, Sendable, CustomStringConvertible {
    case rfc(Int, section: String)
    case page(String)

    package var description: String {
        switch self {
        case .rfc(let number, let section): "RFC \(number) §\(section)"
        case .page(let title): title
        }
    }
}
