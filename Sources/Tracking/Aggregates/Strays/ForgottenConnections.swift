/// Live connections that one of their ends did not know any more: it answered them with a RST as a
/// stack without a socket sends it, and had sent neither FIN nor RST before (RFC 9293 §3.10.7.1).
package struct ForgottenConnections: Sendable {
    /// Remember at most this many hosts.
    private static let hostLimit = 4096
    /// Keep at most this many connections of each host.
    private static let kept = 32

    /// One of them.
    package struct Connection: Hashable, Sendable {
        /// The RST.
        package let reset: Event
        /// Who forgot it.
        package let holder: Endpoint
        package let peer: Endpoint
    }

    private var byHost: [Address: [Connection]] = [:]
    /// Connections that found no place.
    package private(set) var refused: UInt64 = 0

    mutating func note(_ connection: Connection) {
        let host = connection.holder.address
        let count = byHost[host]?.count ?? 0
        guard count < Self.kept, count > 0 || byHost.count < Self.hostLimit else {
            refused += 1
            return
        }
        byHost[host, default: []].append(connection)
    }

    mutating func forget(quietSince time: Int64) {
        byHost = byHost.filter { ($0.value.last?.reset.time ?? .min) >= time }
    }

    /// The hosts, in order, each with the connections that it forgot, oldest first.
    package var hosts: [(host: Address, connections: [Connection])] {
        byHost.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// Those of one service that its host forgot, oldest first.
    package func connections(to service: Endpoint) -> [Connection] {
        byHost[service.address, default: []].filter { $0.holder == service }
    }
}
