import Tracking

/// The turns of a TLS 1.2 session with two requests, from the SYN to the last ACK.
enum TLSStory {
    enum Kind {
        case syn, ack, data, fin
    }

    struct Part {
        let isFromClient: Bool
        let kind: Kind
        /// In octets, of which `content` are the first.
        var payload = 0
        var content: [UInt8] = []
    }

    static let turns: [Part] =
        [
            Part(isFromClient: true, kind: .syn), Part(isFromClient: false, kind: .syn),
            Part(isFromClient: true, kind: .ack),
            records(true, .clientHello(serverName: "www.example.org", length: 512)),
            records(false, .serverHello(), .certificate, .serverHelloDone),
            records(true, .clientKeyExchange, .changeCipherSpec, .finished),
            records(false, .changeCipherSpec, .finished),
        ] + request + request + [
            records(true, .encryptedAlert(26)), Part(isFromClient: true, kind: .fin),
            records(false, .encryptedAlert(26)), Part(isFromClient: false, kind: .fin),
            Part(isFromClient: true, kind: .ack),
        ]

    /// A request, and a record of 13 KiB for an answer, which nine segments carry.
    private static let request: [Part] = {
        let header = ScriptRecord.applicationData(9 * 1448 - 5).encoded.prefix(5)
        var parts = [records(true, .applicationData(300))]
        for index in 0..<9 {
            parts.append(
                Part(
                    isFromClient: false,
                    kind: .data,
                    payload: 1448,
                    content: index == 0 ? Array(header) : []
                )
            )
            if index % 3 == 2 { parts.append(Part(isFromClient: true, kind: .ack)) }
        }
        return parts
    }()

    private static func records(_ isFromClient: Bool, _ records: ScriptRecord...) -> Part {
        let content = records.flatMap(\.encoded)
        return Part(
            isFromClient: isFromClient,
            kind: .data,
            payload: content.count,
            content: content
        )
    }
}
