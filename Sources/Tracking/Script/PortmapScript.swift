/// Messages of port mappers in scripts (RFC 1833, RFC 5531 §9).
extension Party {
    /// Asks the port mapper for a program's port, in a UDP datagram.
    package func getPort(
        of program: UInt32,
        version: UInt32,
        over transport: Transport = .tcp,
        call: UInt32
    ) -> ScriptStep {
        datagram(.getPort(of: program, version: version, over: transport, call: call))
    }

    /// The port mapper's answer; port 0 says that the program is not registered.
    package func port(_ port: UInt32, call: UInt32) -> ScriptStep {
        datagram(.portmapReply(to: call, [port]))
    }

    /// A UDP datagram to the other end.
    package func datagram(_ octets: [UInt8]) -> ScriptStep {
        ScriptStep(party: self, content: .datagram(octets))
    }

    /// A segment with data.
    package func data(seq: UInt32, ack: UInt32, _ octets: [UInt8]) -> ScriptStep {
        var step = data(seq: seq, ack: ack, length: octets.count)
        if case .segment(var segment) = step.content {
            segment.payload = octets
            step.content = .segment(segment)
        }
        return step
    }
}

extension [UInt8] {
    /// A call of a port mapper, up to its arguments.
    package static func portmapCall(
        _ number: UInt32,
        version: UInt32,
        procedure: UInt32,
        _ arguments: [UInt32] = []
    ) -> [UInt8] {
        words([number, 0, 2, 100_000, version, procedure, 0, 0, 0, 0] + arguments)
    }

    /// The call that asks for a program's port.
    package static func getPort(
        of program: UInt32,
        version: UInt32,
        over transport: Transport,
        call: UInt32
    ) -> [UInt8] {
        let arguments = [program, version, UInt32(transport.rawValue), 0]
        return portmapCall(call, version: 2, procedure: 3, arguments)
    }

    /// A reply that was accepted, with its results.
    package static func portmapReply(to call: UInt32, _ results: [UInt32]) -> [UInt8] {
        words([call, 1, 0, 0, 0, 0] + results)
    }

    /// The same message as TCP carries it, behind its record mark (RFC 5531 §11).
    package var marked: [UInt8] { Self.words([0x8000_0000 | UInt32(count)]) + self }

    /// Words in network order.
    package static func words(_ words: [UInt32]) -> [UInt8] {
        var octets: [UInt8] = []
        for word in words { octets.append(word) }
        return octets
    }

    /// A string behind its length, filled up to a multiple of four (RFC 4506 §4.11).
    package static func text(_ text: String) -> [UInt8] {
        let octets = [UInt8](text.utf8)
        return words([UInt32(octets.count)]) + octets
            + [UInt8](repeating: 0, count: (4 - octets.count % 4) % 4)
    }
}
