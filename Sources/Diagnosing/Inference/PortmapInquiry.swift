import Tracking

/// All that one client asked one port mapper.
struct PortmapInquiry {
    let client: Address
    let server: Endpoint
    /// In order of the replies.
    var exchanges: [PortmapExchange] = []

    /// A question without the answer that the client needs.
    struct Failure {
        let exchange: PortmapExchange
        let outcome: Outcome
    }

    /// How it went on.
    enum Outcome {
        case never
        /// The same service had been registered when it was asked for before.
        case gone(PortmapExchange)
        case refused(PortmapAnswer.Refusal)
        /// The same service was registered later.
        case later(PortmapExchange)
        /// The client got a port for another version, or over another transport.
        case other(PortmapExchange)
    }

    /// The inquiries of a capture, in order of their first replies.
    static func all(in log: PortmapLog) -> [PortmapInquiry] {
        struct Parties: Hashable {
            let client: Address
            let server: Endpoint
        }
        var indices: [Parties: Int] = [:]
        var inquiries: [PortmapInquiry] = []
        for exchange in log.exchanges {
            let (client, server) = (exchange.client.address, exchange.server)
            let parties = Parties(client: client, server: server)
            let index = indices[parties] ?? inquiries.count
            if index == inquiries.count {
                indices[parties] = index
                inquiries.append(PortmapInquiry(client: client, server: server))
            }
            inquiries[index].exchanges.append(exchange)
        }
        return inquiries
    }

    var failures: [Failure] {
        exchanges.indices.compactMap { index in
            switch exchanges[index].answer {
            case .port, .list: return nil
            case .notRegistered:
                return Failure(exchange: exchanges[index], outcome: outcome(of: index))
            case .refused(let refusal):
                // Clients try the versions of the protocol one after the other.
                let isAnswered = exchanges[(index + 1)...].contains {
                    if case .refused = $0.answer { false } else { true }
                }
                return isAnswered
                    ? nil : Failure(exchange: exchanges[index], outcome: .refused(refusal))
            }
        }
    }

    private func outcome(of index: Int) -> Outcome {
        let service = exchanges[index].question.service
        func registered(_ range: Range<Int>, _ isLike: (RPCService) -> Bool) -> PortmapExchange? {
            exchanges[range].first {
                if case .port = $0.answer { isLike($0.question.service) } else { false }
            }
        }
        let all = exchanges.indices
        if let later = registered(index + 1..<all.upperBound, { $0 == service }) {
            return .later(later)
        }
        if let before = registered(0..<index, { $0 == service }) { return .gone(before) }
        return registered(all, { $0.program == service.program }).map { .other($0) } ?? .never
    }
}

extension PortmapInquiry.Outcome {
    /// The worse, the less.
    var rank: Int {
        switch self {
        case .never: 0
        case .gone: 1
        case .refused: 2
        case .later: 3
        case .other: 4
        }
    }

    var isFallback: Bool { if case .other = self { true } else { false } }

    /// The variant of the finding.
    var reason: String {
        switch self {
        case .never: "never-registered"
        case .gone: "no-longer-registered"
        case .refused(let refusal): refusal.rawValue
        case .later: "registered-later"
        case .other: "other-version"
        }
    }

    var causes: [String] {
        switch self {
        case .never: ["service-not-running", "registration-failed"]
        case .gone: ["service-ended"]
        case .refused(.denied): ["access-control"]
        case .refused: ["port-mapper-not-running"]
        case .later: ["service-starts-late"]
        case .other: ["version-disabled"]
        }
    }
}
