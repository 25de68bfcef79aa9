/// What a port mapper answers.
package enum PortmapAnswer: Hashable, Sendable {
    /// `address` is `nil` where it names none but its own.
    case port(UInt16, address: Address?)
    case notRegistered
    case list([Mapping])
    case refused(Refusal)

    /// One line of a list.
    package struct Mapping: Hashable, Sendable {
        package let service: RPCService
        package let port: UInt16
        package let address: Address?
    }

    /// Why there is no answer to the question (RFC 5531 §9).
    package enum Refusal: String, Sendable {
        case programUnavailable = "program-unavailable"
        case versionMismatch = "version-mismatch"
        case procedureUnavailable = "procedure-unavailable"
        case garbage = "garbage-arguments"
        case systemError = "system-error"
        case denied
    }

    var lines: Int {
        if case .list(let mappings) = self { mappings.count } else { 0 }
    }

    /// As many lines of a list are read.
    private static let longestList = 256
}

extension PortmapAnswer {
    /// Reads a reply (RFC 5531 §9) behind its transaction's number.
    ///
    /// - Returns: `nil` for what is no answer to `question`.
    init?(reply reader: inout XDRReader, to question: PortmapQuestion) {
        guard reader.word() == 1, let status = reader.word() else { return nil }
        if status == 1 {
            guard reader.word() != nil else { return nil }
            self = .refused(.denied)
            return
        }
        guard status == 0, reader.word() != nil, reader.opaque(atMost: 400) != nil,
            let acceptance = reader.word()
        else { return nil }
        switch acceptance {
        case 0: self.init(results: &reader, to: question)
        case 1: self = .refused(.programUnavailable)
        case 2: self = .refused(.versionMismatch)
        case 3: self = .refused(.procedureUnavailable)
        case 4: self = .refused(.garbage)
        case 5: self = .refused(.systemError)
        default: return nil
        }
    }

    private init?(results reader: inout XDRReader, to question: PortmapQuestion) {
        switch question.procedure {
        case .getPort:
            guard let number = reader.word(), let port = UInt16(exactly: number) else { return nil }
            self = port == 0 ? .notRegistered : .port(port, address: nil)
        case .getAddress, .getVersionAddress:
            guard let text = reader.text(atMost: PortmapQuestion.longestText) else { return nil }
            if text.isEmpty {
                self = .notRegistered
                return
            }
            guard let universal = UniversalAddress(text) else { return nil }
            self =
                universal.port == 0
                ? .notRegistered : .port(universal.port, address: universal.address)
        case .dump:
            self = .list(Self.mappings(in: &reader, version: question.version))
        }
    }

    /// The lines of a list, as far as they were captured.
    private static func mappings(in reader: inout XDRReader, version: UInt32) -> [Mapping] {
        var mappings: [Mapping] = []
        var lines = 0
        while lines < longestList, reader.word() == 1, let program = reader.word(),
            let number = reader.word()
        {
            lines += 1
            if version == 2 {
                guard let transport = reader.word(), let port = reader.word() else { break }
                guard let port = UInt16(exactly: port), port != 0 else { continue }
                let service = RPCService(
                    program: program,
                    version: number,
                    transport: UInt8(exactly: transport).flatMap(Transport.init)
                )
                mappings.append(Mapping(service: service, port: port, address: nil))
            } else {
                guard let netID = reader.text(atMost: PortmapQuestion.longestText),
                    let text = reader.text(atMost: PortmapQuestion.longestText),
                    reader.opaque(atMost: PortmapQuestion.longestText) != nil
                else { break }
                guard let universal = UniversalAddress(text), universal.port != 0 else { continue }
                let service = RPCService(
                    program: program,
                    version: number,
                    transport: Transport(netID: netID)
                )
                mappings.append(
                    Mapping(service: service, port: universal.port, address: universal.address)
                )
            }
        }
        return mappings
    }
}

/// A host and a port as rpcbind writes them: `10.0.0.81.1.48` (RFC 5665 §5.2.3).
struct UniversalAddress {
    /// `nil` for the unspecified address: wherever the answer comes from.
    let address: Address?
    let port: UInt16

    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count >= 3, let high = UInt8(parts[parts.count - 2]),
            let low = UInt8(parts[parts.count - 1])
        else { return nil }
        let host = parts.dropLast(2).joined(separator: ".")
        // Behind the percent sign stands the name of an interface (RFC 4007 §11).
        let plain = host.split(separator: "%", maxSplits: 1).first.map(String.init) ?? ""
        guard let address = Address(plain) else { return nil }
        self.address = address.isUnspecified ? nil : address
        port = UInt16(high) << 8 | UInt16(low)
    }
}

extension Address {
    fileprivate var isUnspecified: Bool {
        high == 0 && low == 0 || isIPv4 && low & 0xFFFF_FFFF == 0
    }
}
