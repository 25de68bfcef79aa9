import Tracking

/// Lets many clients appear as one address (RFC 3022), and keeps their ports where it can.
struct Translator {
    let address: Address
    /// By client and server, seen from the client; and the other way about, seen from the outside.
    private var outer: [Ends: Endpoint] = [:]
    private var inner: [Ends: Endpoint] = [:]

    init(_ address: Address) {
        self.address = address
    }

    /// How the server sees the client's end of a connection.
    mutating func outerEnd(of ends: Ends) -> Endpoint {
        if let known = outer[ends] { return known }
        var end = Endpoint(address, port: ends.local.port)
        while inner[Ends(local: end, remote: ends.remote)] != nil {
            end = Endpoint(address, port: end.port == .max ? 1024 : end.port + 1)
        }
        outer[ends] = end
        inner[Ends(local: end, remote: ends.remote)] = ends.local
        return end
    }

    /// Whom an outer end stands for.
    func innerEnd(of ends: Ends) -> Endpoint? { inner[ends] }
}
