/// When connections of each service were closed after nobody had used them for a while.
package struct IdleCloses: Sendable {
    /// A shorter silence is no idleness, in nanoseconds.
    static let shortest: Int64 = 1_000_000_000
    /// As many services are told apart.
    private static let serviceLimit = 4096
    /// As many closes of each are kept.
    private static let kept = 64

    /// A FIN or RST that nothing had come before for a while.
    package struct Close: Hashable, Sendable {
        /// The FIN or RST.
        package let event: Event
        package let initiator: Endpoint
        package let isByResponder: Bool
        /// How long no packet of the connection had come, in nanoseconds.
        package let quiet: Int64
        /// How long no data had come, in nanoseconds: from there an application counts.
        package let unused: Int64
    }

    private var closes: [Endpoint: [Close]] = [:]
    /// Closes that found no place.
    package private(set) var refused: UInt64 = 0

    mutating func note(_ close: Close, of service: Endpoint) {
        guard var known = closes[service] else {
            if closes.count < Self.serviceLimit { closes[service] = [close] } else { refused += 1 }
            return
        }
        guard known.count < Self.kept else {
            refused += 1
            return
        }
        known.append(close)
        closes[service] = known
    }

    mutating func forget(quietSince time: Int64) {
        closes = closes.filter { ($0.value.last?.event.time ?? .min) >= time }
    }

    /// The services, in order, each with its closes, oldest first.
    package var services: [(service: Endpoint, closes: [Close])] {
        closes.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}
