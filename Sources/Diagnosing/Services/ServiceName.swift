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

    /// `NLM v4, the NFS lock manager, as packet 6777 says`.
    var introduction: String {
        switch source {
        case .portmap(let service, let packet):
            "\(name)\(service.explanation.map { ", the \($0)" } ?? ""), as packet \(packet) says"
        case .registry: name
        }
    }
}

/// The names of all services of a capture.
package struct ServiceNames: Sendable {
    private struct Port: Hashable {
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

    private var sayings: [Port: [Saying]] = [:]

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
                    at: Port(endpoint: endpoint, transport: transport)
                )
            }
        }
    }

    private mutating func note(_ saying: Saying, at port: Port) {
        let known = sayings[port] ?? []
        guard known.count < Self.servicesOfPort, sayings.count < Self.limit || !known.isEmpty,
            !known.contains(where: { $0.isLike(saying) })
        else { return }
        sayings[port] = known + [saying]
    }

    /// What listens at an endpoint for TCP.
    package func name(of endpoint: Endpoint) -> ServiceName? {
        let said = sayings[Port(endpoint: endpoint, transport: .tcp)] ?? []
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

    /// The exchange that tells `client` of a port: its own where it asked, else the first of
    /// anybody; an answer rather than a list.
    package func exchange(naming endpoint: Endpoint, for client: Address) -> PortmapExchange? {
        let said = sayings[Port(endpoint: endpoint, transport: .tcp)] ?? []
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
    /// The text with the name of a subject's service behind its first mention, if a port mapper
    /// said it.
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
        let name = endpoint.description
        var start = 0
        while let position = text.offset(of: name, from: start) {
            let end = position + name.utf8.count
            if isWhole(position..<end, in: text) {
                let (head, rest) = (text.utf8.prefix(end), text.utf8.dropFirst(end))
                // One pair of brackets says both.
                return rest.starts(with: " (".utf8)
                    ? "\(Substring(head)) (\(words); \(Substring(rest.dropFirst(2)))"
                    : "\(Substring(head)) (\(words))\(Substring(rest))"
            }
            start = end
        }
        return nil
    }

    /// Whether what stands in a text at such octets is no part of a longer address or port, nor in
    /// the genitive.
    private static func isWhole(_ range: Range<Int>, in text: String) -> Bool {
        let octets = text.utf8Span.span
        if range.lowerBound > 0 {
            let before = octets[range.lowerBound - 1]
            if before == UInt8(ascii: ".") || before.isHexDigit { return false }
        }
        guard range.upperBound < octets.count else { return true }
        let after = octets[range.upperBound]
        return after != UInt8(ascii: "'") && !(UInt8(ascii: "0")...UInt8(ascii: "9") ~= after)
    }
}

extension UInt8 {
    fileprivate var isHexDigit: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }
}
