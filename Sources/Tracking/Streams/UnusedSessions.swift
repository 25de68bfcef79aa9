/// Which clients leave TLS sessions as soon as they have seen the certificate, and whether any
/// session of theirs with the same service, or for the same name, carries a request.
///
/// A table of fixed size, in which a pair may push out another that falls on the same place: it is
/// written at every session, so that it must cost next to nothing.
package struct UnusedSessions: Sendable {
    private static let places = 1024
    /// Remember the newest of them.
    private static let kept = 8
    /// A pair that left so long ago makes room for others, in nanoseconds.
    private static let oldAge: Int64 = 60_000_000_000

    /// A client, and a service, or the number of a name.
    struct Key: BitwiseCopyable, Hashable, Sendable {
        let client: Address
        let server: Address
        let port: UInt16
        let name: UInt32

        init(_ client: Address, _ service: Endpoint) {
            self.client = client
            (server, port, name) = (service.address, service.port, 0)
        }

        init(_ client: Address, name: UInt32) {
            self.client = client
            (server, port) = (Address(high: 0, low: 0), 0)
            self.name = name
        }

        @inline(always)
        fileprivate var place: Int {
            let addresses = client.low ^ client.high ^ (server.low ^ server.high) &* 3
            let mixed = addresses ^ UInt64(port) << 32 ^ UInt64(name) << 16
            return Int(truncatingIfNeeded: (mixed &* 0x9E37_79B9_7F4A_7C15) >> 54)
        }
    }

    private struct Place: Sendable {
        var key: Key?
        var isUsed = false
        /// When sessions were left, in nanoseconds since 1970; the newest.
        var departures: [Int64] = []
    }

    private var table: [Place] = []

    package init() {}

    /// Takes down that a client asked for something.
    mutating func noteUse(of key: Key) {
        if table.isEmpty { table = [Place](repeating: Place(), count: Self.places) }
        let place = key.place
        if table[place].key == key {
            table[place].isUsed = true
        } else if table[place].departures.isEmpty {
            table[place] = Place(key: key, isUsed: true)
        }
    }

    /// Takes down that a client left a session at the certificate, in nanoseconds since 1970.
    mutating func noteDeparture(of key: Key, at time: Int64) {
        if table.isEmpty { table = [Place](repeating: Place(), count: Self.places) }
        let place = key.place
        if table[place].key != key {
            let newest = table[place].departures.last ?? .min
            guard newest == .min || time - newest > Self.oldAge else { return }
            table[place] = Place(key: key)
        }
        if table[place].departures.count == Self.kept { table[place].departures.removeFirst() }
        table[place].departures.append(time)
    }

    /// What is known of a client and the service that it left.
    ///
    /// - Returns: whether any session of it carried a request, and when it left others, in
    ///   nanoseconds since 1970: the newest eight.
    package func habits(
        of client: Address,
        at service: Endpoint,
        in session: TLSSession
    ) -> (isUser: Bool, departures: [Int64]) {
        let own = entry(of: Key(client, service))
        guard session.serverName != 0 else {
            return (own?.isUsed ?? false, own?.departures ?? [])
        }
        let named = entry(of: Key(client, name: session.serverName))
        let (first, second) = (own?.departures ?? [], named?.departures ?? [])
        return (
            own?.isUsed ?? false || named?.isUsed ?? false,
            first.count < second.count ? second : first
        )
    }

    private func entry(of key: Key) -> Place? {
        guard !table.isEmpty, table[key.place].key == key else { return nil }
        return table[key.place]
    }
}

extension StreamTracker {
    /// Takes down that the client of a TLS session asked for something.
    @inline(never)
    mutating func noteUse(of session: Int, on flow: Flow) {
        sessions[session].isUseNoted = true
        for key in keys(of: session, on: flow) { unusedSessions.noteUse(of: key) }
    }

    /// Takes down the first FIN or RST of a flow where that ends a session which its client leaves
    /// at the certificate.
    ///
    /// - Returns: whether it does.
    @inline(never)
    mutating func noteDeparture(from flow: Flow, closedBy side: Side, at time: Int64) -> Bool {
        let session = Int(states[Int(flow.streamState)].session)
        let service = flow.key[sessions[session].client.other]
        guard sessions[session].isLeftUnused(port: service.port, closedBy: side, at: time) else {
            return false
        }
        for key in keys(of: session, on: flow) {
            unusedSessions.noteDeparture(of: key, at: time)
        }
        return true
    }

    private func keys(of session: Int, on flow: Flow) -> [UnusedSessions.Key] {
        let client = sessions[session].client
        let address = flow.key[client].address
        let service = UnusedSessions.Key(address, flow.key[client.other])
        let name = sessions[session].serverName
        return name == 0 ? [service] : [service, UnusedSessions.Key(address, name: name)]
    }
}
