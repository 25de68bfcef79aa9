import Tracking

/// A capture file of any size in the making; the same arguments always give the same octets.
struct Traffic: ~Copyable {
    enum Kind: String {
        /// Connections of some 15 packets between many hosts, two in a hundred with a pathology.
        case mixed
        /// The same, cut to 96 octets a packet.
        case headers
        /// SYNs, each from another source.
        case flood
        /// As mixed, with TLS sessions of some 40 packets instead of the healthy connections.
        case tls
    }

    /// Conversations that go on at the same time.
    private static let crowd = 2000

    private let kind: Kind
    private let snapshotLength: Int
    private var sink: OctetSink
    private var random = SplitMix64(seed: 20170517)
    private var conversations: [Conversation] = []
    private var begun = 0
    private var written: UInt32 = 0
    /// In microseconds since 1970.
    private var time: UInt64 = 1_495_000_000_000_000

    init(_ kind: Kind, into sink: consuming OctetSink) {
        self.kind = kind
        self.sink = sink
        snapshotLength = kind == .headers ? 96 : 262_144
    }

    mutating func write(packets count: Int) throws(SystemError) {
        for field in [0xA1B2_C3D4, 0x0004_0002, 0, 0, UInt32(snapshotLength), 1] {
            sink.append(littleEndian: field)
        }
        for _ in 0..<count {
            put(kind == .flood ? strangersSyn() : nextOfCrowd())
            try sink.relieve()
        }
        try sink.flush()
    }

    private mutating func put(_ datagram: Datagram) {
        time += UInt64(random.below(20))
        written &+= 1
        let kept = min(datagram.length, snapshotLength)
        sink.append(littleEndian: UInt32(time / 1_000_000))
        sink.append(littleEndian: UInt32(time % 1_000_000))
        sink.append(littleEndian: UInt32(kept))
        sink.append(littleEndian: UInt32(datagram.length))
        sink.append(
            kept < datagram.octets.count ? Array(datagram.octets.prefix(kept)) : datagram.octets
        )
        sink.append(zeros: max(0, kept - datagram.octets.count))
    }

    private mutating func strangersSyn() -> Datagram {
        let scrambled = (written &* 0x9E37_79B1) & 0x00FF_FFFF
        let turn = Conversation.Turn(
            isFromClient: true,
            flags: 0x02,
            sequence: UInt32(truncatingIfNeeded: random.next()),
            acknowledgment: 0
        )
        return datagram(
            from: (0x0A00_0000 | scrambled, UInt16(1024 + written % 60_000)),
            to: (0xC633_6414, 443),
            turn
        )
    }

    private mutating func nextOfCrowd() -> Datagram {
        while conversations.count < Self.crowd { conversations.append(another()) }
        let place = Int(random.below(UInt32(Self.crowd)))
        while true {
            guard let turn = conversations[place].next() else {
                conversations[place] = another()
                continue
            }
            let echo = conversations[place].send(turn, at: clock)
            return datagram(of: turn, in: conversations[place], echoing: echo)
        }
    }

    private mutating func another() -> Conversation {
        begun += 1
        return Conversation(begun, &random, isEncrypted: kind == .tls)
    }

    private var clock: UInt32 { UInt32(truncatingIfNeeded: time / 1000) }

    private func datagram(
        of turn: Conversation.Turn,
        in conversation: Conversation,
        echoing echo: UInt32
    ) -> Datagram {
        let client = (conversation.clientAddress, conversation.clientPort)
        let server = (conversation.serverAddress, conversation.serverPort)
        let segment =
            turn.isFromClient
            ? datagram(from: client, to: server, turn, echoing: echo)
            : datagram(from: server, to: client, turn, echoing: echo)
        guard turn.isRefusal else { return segment }
        return Datagram(
            from: conversation.clientAddress,
            to: conversation.serverAddress,
            refusing: segment,
            identification: UInt16(truncatingIfNeeded: written)
        )
    }

    private func datagram(
        from source: (address: UInt32, port: UInt16),
        to destination: (address: UInt32, port: UInt16),
        _ turn: Conversation.Turn,
        echoing echo: UInt32 = 0
    ) -> Datagram {
        Datagram(
            from: source,
            to: destination,
            turn,
            clock: clock,
            echo: echo,
            identification: UInt16(truncatingIfNeeded: written)
        )
    }
}
