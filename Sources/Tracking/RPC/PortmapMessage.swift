/// One message from or to a port mapper, by itself.
package enum PortmapMessage: Hashable, Sendable {
    case call(UInt32, PortmapQuestion)
    /// A reply, as an answer to a question for a port.
    case reply(UInt32, PortmapAnswer)

    /// The first message in a payload; only for calls of the procedure GETPORT a reply can be told
    /// alone.
    package init?(_ payload: PortmapPayload) {
        guard let offset = payload.messages.first else { return nil }
        var reader = XDRReader(payload.octets, from: offset)
        guard let number = reader.word() else { return nil }
        var again = reader
        if let question = PortmapQuestion(call: &reader) {
            self = .call(number, question)
        } else if let answer = PortmapAnswer(reply: &again, to: .anyPort) {
            self = .reply(number, answer)
        } else {
            return nil
        }
    }
}

extension PortmapQuestion {
    fileprivate static let anyPort = PortmapQuestion(
        procedure: .getPort,
        version: 2,
        service: RPCService(program: 0, version: 0, transport: nil)
    )
}
