/// Which clients leave TLS sessions as soon as they have seen the certificate, and whether any
/// session of theirs with the same service, or for the same name, carries a request.
///
/// A table of fixed size, in which a pair may push out another that falls on the same slot: it is
/// written at every session, so that it must cost next to nothing.
package struct UnusedSessions: Sendable {
    private static let slots = 1024
    /// Remember the newest of them.
    private static let kept = 8
    /// A pair that left so long ago makes room for others, in nanoseconds.
    private static let oldAge: Int64 = 60_000_000_000
    /// A session that was served so shortly before another ended unused counts beside it, in
    /// nanoseconds.
    private static let recent: Int64 = 2_000_000_000

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
        fileprivate var slot: Int {
            let addresses = client.low ^ client.high ^ (server.low ^ server.high) &* 3
            let mixed = addresses ^ UInt64(port) << 32 ^ UInt64(name) << 16
            return Int(truncatingIfNeeded: (mixed &* 0x9E37_79B9_7F4A_7C15) >> 54)
        }
    }

    private struct Entry: Sendable {
        var key: Key?
        var isUsed = false
        /// When sessions were left, in nanoseconds since 1970; the newest.
        var departures: [Int64] = []
        /// When a session was answered last, and when one ended that was not used, in nanoseconds
        /// since 1970.
        var lastService = Int64.min
        var lastFailure = Int64.min
        /// Whether none was answered since one ended unused.
        var isWaiting = false
        /// When a session was answered just before another ended unused, or for the first time
        /// after it; the newest.
        var reliefs: [Int64] = []

        /// Whether it tells something of a failure that is not long ago.
        func isWanted(at time: Int64) -> Bool {
            !departures.isEmpty || lastFailure != .min && time - lastFailure <= oldAge
        }

        mutating func noteRelief(_ time: Int64) {
            if reliefs.last == time { return }
            if reliefs.count == kept { reliefs.removeFirst() }
            reliefs.append(time)
        }
    }

    private var table: [Entry] = []

    package init() {}

    /// Takes down that a client asked for something, in nanoseconds since 1970.
    mutating func noteUse(of key: Key, at time: Int64) {
        guard let slot = claim(key, at: time) else { return }
        table[slot].isUsed = true
    }

    /// Where a key is from now on; `nil` where another is that is still wanted.
    private mutating func claim(_ key: Key, at time: Int64) -> Int? {
        if table.isEmpty { table = [Entry](repeating: Entry(), count: Self.slots) }
        let slot = key.slot
        if table[slot].key != key {
            if table[slot].isWanted(at: time) { return nil }
            table[slot] = Entry(key: key)
        }
        return slot
    }

    /// Takes down that a server answered what a client had asked for, in nanoseconds since 1970.
    mutating func noteService(of key: Key, at time: Int64) {
        guard !table.isEmpty, table[key.slot].key == key else { return }
        table[key.slot].lastService = time
        if table[key.slot].isWaiting {
            table[key.slot].isWaiting = false
            table[key.slot].noteRelief(time)
        }
    }

    /// Takes down that a session of a client ended before it had asked for anything, in nanoseconds
    /// since 1970.
    mutating func noteFailure(of key: Key, at time: Int64) {
        guard let slot = claim(key, at: time) else { return }
        table[slot].lastFailure = time
        table[slot].isWaiting = true
        let last = table[slot].lastService
        if last != .min, time - last <= Self.recent { table[slot].noteRelief(last) }
    }

    /// Takes down that a client left a session at the certificate, in nanoseconds since 1970.
    mutating func noteDeparture(of key: Key, at time: Int64) {
        if table.isEmpty { table = [Entry](repeating: Entry(), count: Self.slots) }
        let slot = key.slot
        if table[slot].key != key {
            let newest = table[slot].departures.last ?? .min
            guard newest == .min || time - newest > Self.oldAge else { return }
            table[slot] = Entry(key: key)
        }
        if table[slot].departures.count == Self.kept { table[slot].departures.removeFirst() }
        table[slot].departures.append(time)
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

    /// When another session of a client was answered, for the same name or with the same service
    /// where none is known, within a time around the end of one that it did not use; `nil` where
    /// none was.
    package func use(
        by client: Address,
        at service: Endpoint,
        in session: TLSSession,
        during time: ClosedRange<Int64>
    ) -> Int64? {
        let key =
            session.serverName == 0
            ? Key(client, service) : Key(client, name: session.serverName)
        return entry(of: key)?.reliefs.filter(time.contains).min()
    }

    private func entry(of key: Key) -> Entry? {
        guard !table.isEmpty, table[key.slot].key == key else { return nil }
        return table[key.slot]
    }
}

extension StreamTracker {
    /// Takes down that the client of a TLS session asked for something.
    @inline(never)
    mutating func noteUse(of session: Int, on flow: Flow, at time: Int64) {
        sessions[session].isUseNoted = true
        for key in keys(of: session, on: flow) { unusedSessions.noteUse(of: key, at: time) }
    }

    /// Takes down that the server of a TLS session answered its client.
    @inline(never)
    mutating func noteService(of session: Int, on flow: Flow, at time: Int64) {
        sessions[session].isServiceNoted = true
        for key in keys(of: session, on: flow) { unusedSessions.noteService(of: key, at: time) }
    }

    /// Takes down the first FIN or RST of a flow where that ends a session which its client leaves
    /// at the certificate.
    ///
    /// - Returns: whether it does.
    @inline(never)
    mutating func noteDeparture(from flow: Flow, closedBy side: Side, at time: Int64) -> Bool {
        let session = Int(states[Int(flow.streamState)].session)
        let service = flow.key[sessions[session].client.other]
        if !sessions[session].isUseNoted {
            for key in keys(of: session, on: flow) { unusedSessions.noteFailure(of: key, at: time) }
        }
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
