/// What port mappers were asked and what they answered: an answer names a port for the whole
/// capture, since clients ask late.
package struct PortmapLog: Sendable {
    /// In order of the replies.
    package private(set) var exchanges: [PortmapExchange] = []
    /// Exchanges that found no place, beside others with the same question and answer.
    package private(set) var repeated: [PortmapExchange.Topic: Int] = [:]
    /// Calls that had to go before they were answered, and exchanges that found no place at all.
    package private(set) var refused: UInt64 = 0

    private var calls: [Transaction: Call] = [:]
    /// The calls that wait, the oldest in the next slot.
    private var waiting = [Transaction?](repeating: nil, count: callLimit)
    private var next = 0
    private var counts: [PortmapExchange.Topic: Int] = [:]
    private var listed = 0

    /// As many calls wait for their replies.
    private static let callLimit = 1024
    /// As many exchanges are kept, and so many with the same question and answer.
    private static let limit = 4096
    private static let likeLimit = 16
    /// As many lines of lists are kept in all.
    private static let listLimit = 65_536

    package init() {}

    /// One call, as its reply names it (RFC 5531 §9).
    private struct Transaction: Hashable {
        let number: UInt32
        let client: Endpoint
        let server: Endpoint
        let transport: Transport
    }

    private struct Call {
        let question: PortmapQuestion
        let mark: PacketMark
        let slot: Int
    }

    /// Takes down the messages in one payload.
    mutating func note(_ payload: PortmapPayload, in mark: PacketMark) {
        for offset in payload.messages {
            var reader = XDRReader(payload.octets, from: offset)
            guard let number = reader.word() else { continue }
            if payload.destination.port == PortmapPayload.port {
                let transaction = Transaction(
                    number: number,
                    client: payload.source,
                    server: payload.destination,
                    transport: payload.transport
                )
                if let question = PortmapQuestion(call: &reader) {
                    wait(for: transaction, question, mark)
                    continue
                }
            }
            if payload.source.port == PortmapPayload.port {
                let transaction = Transaction(
                    number: number,
                    client: payload.destination,
                    server: payload.source,
                    transport: payload.transport
                )
                conclude(transaction, XDRReader(payload.octets, from: offset + 4), mark)
            }
        }
    }

    /// Of a call that is sent again, the first counts.
    private mutating func wait(
        for transaction: Transaction,
        _ question: PortmapQuestion,
        _ mark: PacketMark
    ) {
        if calls[transaction]?.question == question { return }
        if let oldest = waiting[next], calls[oldest]?.slot == next {
            calls[oldest] = nil
            refused += 1
        }
        calls[transaction] = Call(question: question, mark: mark, slot: next)
        waiting[next] = transaction
        next = (next + 1) % Self.callLimit
    }

    private mutating func conclude(
        _ transaction: Transaction,
        _ reply: XDRReader,
        _ mark: PacketMark
    ) {
        var reader = reply
        guard let call = calls[transaction],
            let answer = PortmapAnswer(reply: &reader, to: call.question)
        else { return }
        calls[transaction] = nil
        let exchange = PortmapExchange(
            client: transaction.client,
            server: transaction.server,
            transport: transaction.transport,
            question: call.question,
            answer: answer,
            call: call.mark,
            reply: mark
        )
        let topic = exchange.topic
        let count = counts[topic, default: 0]
        let lines = exchange.answer.lines
        if count < Self.likeLimit, exchanges.count < Self.limit, listed + lines <= Self.listLimit {
            counts[topic] = count + 1
            listed += lines
            exchanges.append(exchange)
        } else if count > 0 {
            repeated[topic, default: 0] += 1
        } else {
            refused += 1
        }
    }
}

/// A call of a port mapper and its reply.
package struct PortmapExchange: Hashable, Sendable {
    package let client: Endpoint
    package let server: Endpoint
    /// What carried the two.
    package let transport: Transport
    package let question: PortmapQuestion
    package let answer: PortmapAnswer
    package let call: PacketMark
    package let reply: PacketMark

    /// What exchanges have in common that say the same.
    package struct Topic: Hashable, Sendable {
        package let client: Address
        package let server: Endpoint
        package let question: PortmapQuestion
        package let answer: PortmapAnswer
    }

    package var topic: Topic {
        Topic(client: client.address, server: server, question: question, answer: answer)
    }

    /// The ports that it names: each with the address it is at, and what listens there.
    package var namings: [(endpoint: Endpoint, service: RPCService)] {
        switch answer {
        case .port(let port, let address):
            // rpcbind answers for the transport on which it is asked, whatever the question names
            // (RFC 1833 §2.2.1); where the two differ, nobody knows whether this one does.
            let isClear =
                question.procedure == .getPort || question.service.transport == transport
            return isClear ? endpoints(address, port).map { ($0, question.service) } : []
        case .list(let mappings):
            return mappings.flatMap { mapping in
                endpoints(mapping.address, mapping.port).map { ($0, mapping.service) }
            }
        case .notRegistered, .refused:
            return []
        }
    }

    /// A client takes the port alone, or the address as well.
    private func endpoints(_ address: Address?, _ port: UInt16) -> [Endpoint] {
        let own = Endpoint(server.address, port: port)
        return address.map { $0 == server.address ? [own] : [own, Endpoint($0, port: port)] } ?? [
            own
        ]
    }
}

/// A packet to be named: when it was captured, its number and size.
package struct PacketMark: Hashable, Sendable {
    /// In nanoseconds since 1970.
    package let time: Int64
    package let packet: UInt64
    package let frameLength: UInt32
    package let encapsulation: EncapsulationID
}

extension PacketMark {
    init(_ facts: FrameFacts) {
        time = facts.time
        packet = facts.number
        frameLength = facts.originalLength
        encapsulation = facts.encapsulation
    }

    /// The message in the form of an event, to be named as evidence.
    package var event: Event {
        Event(.portmap, at: time, packet: packet, frameLength: frameLength, in: encapsulation)
    }
}
