import Tracking

/// A capture file of any size in the making; the same arguments always give the same octets.
struct Traffic: ~Copyable {
    enum Kind: String {
        /// Connections of some 15 packets between many hosts, two in a hundred with a pathology.
        case mixed
        /// The same, cut to 96 octets a packet.
        case headers
        /// As mixed, with round trips of up to 150 ms: thousands of connections are open at the
        /// same time.
        case distant
        /// The same, cut to 96 octets a packet.
        case distantHeaders = "distant-headers"
        /// SYNs, each from another source.
        case flood
        /// As mixed, with TLS sessions of some 40 packets instead of the healthy connections.
        case tls
        /// Connections of eight packets; one in ten has a pathology of the scripts instead.
        case short
        /// Nothing but the pathologies of the scripts.
        case pathological
        /// Connections that come up, carry a request and its response, and stay.
        case live
        /// Data segments of 64 connections, cut to 96 octets a packet.
        case established

        /// As much of a frame as is captured, in octets.
        var snapshotLength: Int {
            switch self {
            case .headers, .distantHeaders, .established: 96
            case .mixed, .distant, .flood, .tls, .short, .pathological, .live: 262_144
            }
        }
    }

    /// Conversations that go on at the same time.
    private static let crowd = 2000

    private let kind: Kind
    private let snapshotLength: Int
    private var writer: CaptureWriter
    private var random = SplitMix64(seed: 20170517)
    private var conversations: [Conversation] = []
    private var begun = 0
    private var written: UInt32 = 0
    /// In microseconds since 1970.
    private var time: UInt64 = 1_495_000_000_000_000

    /// - Throws: when the file cannot be made.
    init(_ kind: Kind, as form: CaptureWriter.Form, to path: String) throws(SystemError) {
        self.kind = kind
        snapshotLength = kind.snapshotLength
        writer = try CaptureWriter(form, to: path, snapshotLength: snapshotLength)
    }

    mutating func write(packets count: Int) throws(SystemError) {
        switch kind {
        case .mixed, .headers, .tls:
            for _ in 0..<count { try put(nextOfCrowd()) }
        case .distant, .distantHeaders:
            try writeDistant(packets: count)
        case .flood:
            for _ in 0..<count { try put(strangersSyn()) }
        case .short:
            try play(.short, crowd: 4096, meanPause: 100_000_000, packets: count)
        case .pathological:
            try play(.pathological, crowd: 1024, meanPause: 1_000_000_000, packets: count)
        case .live:
            try play(.live, crowd: 4096, meanPause: 1_000_000, packets: count)
        case .established:
            try play(.established, crowd: 64, meanPause: 1_000_000, packets: count)
        }
        try writer.finish()
    }

    private mutating func writeDistant(packets count: Int) throws(SystemError) {
        var crowd = DistantCrowd(begin: Int64(time) * 1000, seed: random.next())
        for _ in 0..<count {
            let now = UInt64(crowd.time / 1000)
            let (turn, conversation, echo) = crowd.next { conversation, turn in
                let echo = conversation.send(turn, at: UInt32(truncatingIfNeeded: now / 1000))
                return (turn, conversation, echo)
            }
            try put(datagram(of: turn, in: conversation, echoing: echo), at: now)
        }
    }

    private mutating func play(
        _ programme: Programme,
        crowd: Int,
        meanPause: Int64,
        packets count: Int
    ) throws(SystemError) {
        var traffic = ScriptedTraffic(programme, crowd: crowd, meanPause: meanPause)
        var octets = [UInt8](repeating: 0, count: 2048)
        let limit = min(snapshotLength, octets.count)
        // A template needs room for all headers.
        let room = max(limit, 128)
        for _ in 0..<count {
            let time = UInt64(traffic.time / 1000)
            let (written, length) = unsafe octets.withUnsafeMutableBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return (kept: 0, length: 0) }
                return unsafe traffic.next(into: base, limit: room)
            }
            let kept = min(written, limit)
            writer.begin(at: time, kept: kept, length: length)
            writer.append(octets.prefix(kept))
            try writer.end(kept: kept)
        }
    }

    private mutating func put(_ datagram: Datagram) throws(SystemError) {
        try put(datagram, at: time + UInt64(random.below(20)))
    }

    private mutating func put(_ datagram: Datagram, at now: UInt64) throws(SystemError) {
        time = now
        written &+= 1
        let kept = min(datagram.length, snapshotLength)
        writer.begin(at: time, kept: kept, length: datagram.length)
        writer.append(datagram.octets.prefix(kept))
        writer.append(zeros: max(0, kept - datagram.octets.count))
        try writer.end(kept: kept)
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
        let index = Int(random.below(UInt32(Self.crowd)))
        while true {
            guard let turn = conversations[index].next() else {
                conversations[index] = another()
                continue
            }
            let echo = conversations[index].send(turn, at: clock)
            return datagram(of: turn, in: conversations[index], echoing: echo)
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
