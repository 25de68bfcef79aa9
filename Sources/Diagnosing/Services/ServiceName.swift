import Tracking

/// What listens at a port, and who says so.
package struct ServiceName: Hashable, Sendable {
    /// `NLM v4`, or `https`.
    package let name: String
    package let source: Source

    /// Who says so.
    package enum Source: Hashable, Sendable {
        /// A port mapper, in this packet.
        case portmap(RPCService, packet: UInt64)
        /// The registry of well-known ports: it tells what is usual, not what is.
        case registry
    }

    /// `NLM v4, said by packet 6777`.
    var introduction: String {
        switch source {
        case .portmap(_, let packet): "\(name), said by packet \(packet)"
        case .registry: name
        }
    }
}

/// The names of all services of a capture.
package struct ServiceNames: Sendable {
    private struct Place: Hashable {
        let endpoint: Endpoint
        let transport: Transport
    }

    /// The first exchange that says each of the services that were said of a port.
    private struct Saying {
        let service: RPCService
        let exchange: PortmapExchange

        /// Whether it is the answer to a question for this service, and no list.
        var isDirect: Bool { exchange.question.procedure != .dump }

        func isLike(_ other: Saying) -> Bool {
            service == other.service && isDirect == other.isDirect
                && exchange.client.address == other.exchange.client.address
        }
    }

    private var sayings: [Place: [Saying]] = [:]

    /// As many services of one port are told.
    private static let servicesOfPort = 8
    /// As many ports are known by what port mappers said.
    private static let limit = 65_536

    package init() {}

    package init(_ log: PortmapLog) {
        for exchange in log.exchanges {
            for (endpoint, service) in exchange.namings {
                guard let transport = service.transport else { continue }
                note(
                    Saying(service: service, exchange: exchange),
                    at: Place(endpoint: endpoint, transport: transport)
                )
            }
        }
    }

    private mutating func note(_ saying: Saying, at place: Place) {
        let known = sayings[place] ?? []
        guard known.count < Self.servicesOfPort, sayings.count < Self.limit || !known.isEmpty,
            !known.contains(where: { $0.isLike(saying) })
        else { return }
        sayings[place] = known + [saying]
    }

    /// What listens at an endpoint for TCP.
    package func name(of endpoint: Endpoint) -> ServiceName? {
        let said = sayings[Place(endpoint: endpoint, transport: .tcp)] ?? []
        guard let first = said.first(where: \.isDirect) ?? said.first else {
            return Self.name(of: endpoint.port)
        }
        return ServiceName(
            name: Self.text(said.map(\.service)),
            source: .portmap(first.service, packet: first.exchange.reply.packet)
        )
    }

    /// What a port is used for as a rule.
    package static func name(of port: UInt16) -> ServiceName? {
        WellKnownService.name(port).map { ServiceName(name: $0, source: .registry) }
    }

    /// The exchange that tells `client` of a port: its own where it asked, else the first of anybody; an answer
    /// rather than a list.
    package func exchange(naming endpoint: Endpoint, for client: Address) -> PortmapExchange? {
        let said = sayings[Place(endpoint: endpoint, transport: .tcp)] ?? []
        let own = said.filter { $0.exchange.client.address == client }
        return [own, said].lazy.compactMap { $0.first(where: \.isDirect) ?? $0.first }.first?
            .exchange
    }

    /// `NFS v3 and v4 and nfs_acl v3`: each program once, with its versions.
    private static func text(_ services: [RPCService]) -> String {
        var programs: [String] = []
        for service in services where !programs.contains(service.programName) {
            programs.append(service.programName)
        }
        let parts = programs.map { program in
            let versions = Set(services.filter { $0.programName == program }.map(\.version))
            return "\(program) " + Wording.list(versions.sorted().map { "v\($0)" })
        }
        return parts.count == 2 ? parts.joined(separator: ", ") : Wording.list(parts, limit: 3)
    }
}

extension ServiceNames {
    /// The text with the name of a subject's service behind its first mention, if a port mapper said it.
    package func introduced(in text: String, of subject: Subject) -> String {
        guard let endpoint = subject.responder, let name = name(of: endpoint),
            name.source != .registry
        else { return text }
        return Self.introduce(name.introduction, for: endpoint, in: text) ?? text
    }

    /// The text with the name of an endpoint's service behind its first mention.
    ///
    /// - Returns: `nil` where the endpoint is not mentioned in a way that a name can follow.
    static func introduce(_ words: String, for endpoint: Endpoint, in text: String) -> String? {
        for range in text.ranges(of: endpoint.description) {
            let before = text[..<range.lowerBound].last
            let after = text[range.upperBound...].first
            let isWhole =
                before.map { !$0.isHexDigit && $0 != "." } ?? true
                && after.map { !$0.isNumber } ?? true
            if isWhole, after != "'" {
                let (head, rest) = (text[..<range.upperBound], text[range.upperBound...])
                // One pair of brackets says both.
                return rest.hasPrefix(" (")
                    ? "\(head) (\(words); \(rest.dropFirst(2))" : "\(head) (\(words))\(rest)"
            }
        }
        return nil
    }
}
