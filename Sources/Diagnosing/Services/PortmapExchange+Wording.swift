import Tracking

/// The messages of a port mapper as packet analysers print them.
extension PortmapExchange {
    /// `V2 GETPORT Call NLM(100021) V:4 TCP`.
    package var callText: String { question.text }

    /// `V2 GETPORT Reply (Call In 6775) Port:304`.
    package var replyText: String {
        let isEmpty = answer == .notRegistered && question.procedure != .getPort
        let text = isEmpty ? "Address: empty (not registered)" : answer.text
        return
            "V\(question.version) \(question.procedure.rawValue) Reply (Call In \(call.packet)) \(text)"
    }

    /// What the answer means to whoever wants to connect to `port`.
    package func remark(on port: UInt16) -> String {
        let name = question.service.nameWithTransport
        let host = server.address
        switch answer {
        case .port(let port, _):
            let transport = question.service.transport.map { "\($0.name) " } ?? ""
            return "\(host) says that \(question.service.name) listens at \(transport)port \(port)."
        case .notRegistered:
            return "\(host) has no registration of \(name)."
        case .list(let mappings):
            let count = Wording.count(mappings.count, "service")
            let named = mappings.first { $0.port == port && $0.service.transport == .tcp }
            let example = named.map { ": \($0.service.name) listens at TCP port \(port)" } ?? ""
            return "\(host) lists \(count) with their ports\(example)."
        case .refused(let refusal):
            return "\(host) does not answer the query: \(refusal.meaning)."
        }
    }
}

extension PortmapQuestion {
    /// `V2 GETPORT Call NLM(100021) V:4 TCP`.
    package var text: String {
        let head = "V\(version) \(procedure.rawValue) Call"
        guard procedure != .dump else { return head }
        let transport = service.transport.map { " \($0.name)" } ?? ""
        return "\(head) \(service.code) V:\(service.version)\(transport)"
    }
}

extension PortmapAnswer {
    /// `Port:304`.
    package var text: String {
        switch self {
        case .port(let port, let address):
            address.map { "Address:\(Endpoint($0, port: port))" } ?? "Port:\(port)"
        case .notRegistered: "Port:0 (not registered)"
        case .list(let mappings): Wording.count(mappings.count, "entry", plural: "entries")
        case .refused(let refusal): refusal.meaning.capitalizedFirst
        }
    }
}

extension PortmapAnswer.Refusal {
    /// In words, to stand behind a colon.
    var meaning: String {
        switch self {
        case .programUnavailable: "no port mapper runs there"
        case .versionMismatch: "it does not support this version of the protocol"
        case .procedureUnavailable: "it does not have this procedure"
        case .garbage: "it cannot read the arguments"
        case .systemError: "it has an internal error"
        case .denied: "it refuses the caller"
        }
    }
}

extension PortmapMessage {
    /// The message with the number of its transaction.
    package var text: String {
        switch self {
        case .call(let number, let question): "\(question.text) XID=\(number)"
        case .reply(let number, let answer): "Reply \(answer.text) XID=\(number)"
        }
    }
}
