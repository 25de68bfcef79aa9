/// What carries the messages of a service.
package enum Transport: UInt8, Hashable, Sendable {
    case tcp = 6
    case udp = 17

    /// `TCP`.
    package var name: String { self == .tcp ? "TCP" : "UDP" }

    /// The transport of a network identifier (RFC 5665 §4); `nil` for those that have no ports.
    init?(netID: String) {
        switch netID {
        case "tcp", "tcp6": self = .tcp
        case "udp", "udp6": self = .udp
        default: return nil
        }
    }
}

/// A version of a remote program, by number, over one transport.
package struct RPCService: Hashable, Sendable {
    package let program: UInt32
    package let version: UInt32
    /// `nil` where it is neither TCP nor UDP.
    package let transport: Transport?

    package init(program: UInt32, version: UInt32, transport: Transport?) {
        self.program = program
        self.version = version
        self.transport = transport
    }
}

/// What somebody asks a port mapper (RFC 1833).
package struct PortmapQuestion: Hashable, Sendable {
    /// Those of its procedures whose answers tell of ports.
    package enum Procedure: String, Sendable {
        case getPort = "GETPORT"
        case getAddress = "GETADDR"
        case getVersionAddress = "GETVERSADDR"
        case dump = "DUMP"
    }

    package let procedure: Procedure
    /// Of the protocol: 2 is portmap, 3 and 4 are rpcbind.
    package let version: UInt32
    /// What it asks for; nothing where all are to be listed.
    package let service: RPCService
}

extension PortmapQuestion {
    /// No string of rpcbind's is longer.
    static let longestText = 1024
    /// The most octets of a credential or a verifier (RFC 5531 §8.2).
    private static let longestAuthentication = 400

    /// Reads a call (RFC 5531 §9) behind its transaction's number.
    init?(call reader: inout XDRReader) {
        guard reader.word() == 0, reader.word() == 2, reader.word() == RPCService.portMapper,
            let version = reader.word(), let number = reader.word(),
            let procedure = Procedure(number, version: version),
            reader.word() != nil, reader.opaque(atMost: Self.longestAuthentication) != nil,
            reader.word() != nil, reader.opaque(atMost: Self.longestAuthentication) != nil
        else { return nil }
        self.procedure = procedure
        self.version = version
        if procedure == .dump {
            service = RPCService(program: 0, version: 0, transport: nil)
            return
        }
        guard let program = reader.word(), let wanted = reader.word() else { return nil }
        let transport: Transport?
        if procedure == .getPort {
            guard let number = reader.word() else { return nil }
            transport = UInt8(exactly: number).flatMap(Transport.init)
        } else {
            guard let netID = reader.text(atMost: Self.longestText) else { return nil }
            transport = Transport(netID: netID)
        }
        service = RPCService(program: program, version: wanted, transport: transport)
    }
}

extension PortmapQuestion.Procedure {
    init?(_ number: UInt32, version: UInt32) {
        switch (version, number) {
        case (2, 3): self = .getPort
        case (3, 3), (4, 3): self = .getAddress
        case (4, 9): self = .getVersionAddress
        case (2...4, 4): self = .dump
        default: return nil
        }
    }
}

extension RPCService {
    /// The program number of the port mapper itself.
    static let portMapper: UInt32 = 100_000
}
