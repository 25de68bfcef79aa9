import Diagnosing
import Tracking

/// What a service is called, and who says so.
extension EventJSON {
    func service(at place: (address: Address?, port: UInt16?)) -> ServiceName? {
        guard let port = place.port else { return nil }
        return place.address.map { services.name(of: Endpoint($0, port: port)) }
            ?? ServiceNames.name(of: port)
    }

    /// What the ClientHello of a finding about TLS asked for.
    func name(of finding: Finding) -> JSONValue? {
        for (metric, source) in [("server_name", "tls-sni"), ("alpn", "tls-alpn")] {
            guard case .text(let name)? = finding[metric: metric] else { continue }
            return .members(("name", .string(name)), ("source", .string(source)))
        }
        return nil
    }
}
