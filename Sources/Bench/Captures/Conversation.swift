import Tracking

/// One four-tuple that lives through a fixed number of turns, one packet each.
struct Conversation {
    enum Plot {
        case healthy
        /// Every SYN is answered by a RST.
        case refused
        /// The SYN is sent again and again.
        case unanswered
        /// Four SYNs at once, and answers to the first of them.
        case burst
        /// Two SYNs, an answer to the first, a RST from either end; three times.
        case resetLoop
        /// A TLS 1.2 session, orderly to its end.
        case encrypted

        /// One in fifty is not healthy.
        init(_ random: inout SplitMix64) {
            let draw = random.below(200)
            self =
                draw == 0
                ? .refused
                : draw == 1 ? .unanswered : draw == 2 ? .burst : draw == 3 ? .resetLoop : .healthy
        }
    }

    /// What a turn puts on the wire.
    struct Turn {
        var isFromClient: Bool
        var flags: UInt8
        var sequence: UInt32
        var acknowledgment: UInt32
        var payload: Int = 0
        /// What the payload begins with; the rest is zeros.
        var content: [UInt8] = []
        /// Whether it is an ICMP error of the client about the server's last segment instead.
        var isRefusal = false
    }

    private enum Flags {
        static let fin: UInt8 = 0x11
        static let syn: UInt8 = 0x02
        static let rst: UInt8 = 0x04
        static let data: UInt8 = 0x18
        static let ack: UInt8 = 0x10
        static let synAck: UInt8 = 0x12
        static let rstAck: UInt8 = 0x14
    }

    let clientAddress: UInt32
    let serverAddress: UInt32
    let clientPort: UInt16
    let serverPort: UInt16
    private let plot: Plot
    private var turn = 0
    private var clientNext: UInt32
    private var serverNext: UInt32
    private let clientStart: UInt32
    private let rounds: Int
    private let request: Int
    /// The newest timestamp that each end has sent.
    private var clientClock: UInt32 = 0
    private var serverClock: UInt32 = 0

    init(_ number: Int, _ random: inout SplitMix64, isEncrypted: Bool = false) {
        let drawn = Plot(&random)
        if isEncrypted, case .healthy = drawn { plot = .encrypted } else { plot = drawn }
        clientAddress = 0x0A00_0000 | UInt32(number / 40_000 & 0xFFFF) << 8 | random.below(256)
        // Trouble is not spread evenly: it is a few services that fail, and those for many.
        let isHealthy = if case .healthy = drawn { true } else { false }
        serverAddress = 0xC633_6400 | (isHealthy ? random.below(200) : 200 + random.below(8))
        clientPort = UInt16(20_000 + number % 40_000)
        serverPort = [443, 80, 2049, 5432][Int(random.below(4))]
        clientStart = UInt32(truncatingIfNeeded: random.next())
        clientNext = clientStart
        serverNext = UInt32(truncatingIfNeeded: random.next())
        rounds = 1 + Int(random.below(4))
        request = 1 + Int(random.below(500))
    }

    /// Takes down when a turn is sent, and tells what it echoes (RFC 7323 §3.2).
    mutating func send(_ turn: Turn, at clock: UInt32) -> UInt32 {
        if turn.isFromClient { clientClock = clock } else { serverClock = clock }
        return turn.flags == Flags.syn ? 0 : turn.isFromClient ? serverClock : clientClock
    }

    /// The next packet, `nil` when the story is told.
    mutating func next() -> Turn? {
        defer { turn += 1 }
        switch plot {
        case .healthy: return healthy()
        case .refused: return turn < 6 ? refused() : nil
        case .unanswered: return turn < 5 ? opening(at: clientStart) : nil
        case .burst: return turn < 12 ? burst() : nil
        case .resetLoop: return turn < 15 ? resetLoop() : nil
        case .encrypted: return turn < TLSStory.turns.count ? encrypted() : nil
        }
    }

    private func opening(at sequence: UInt32) -> Turn {
        Turn(isFromClient: true, flags: Flags.syn, sequence: sequence, acknowledgment: 0)
    }

    private func refused() -> Turn {
        turn % 2 == 0
            ? opening(at: clientStart)
            : Turn(
                isFromClient: false,
                flags: Flags.rstAck,
                sequence: 0,
                acknowledgment: clientStart &+ 1
            )
    }

    private func burst() -> Turn {
        if turn < 4 { return opening(at: clientStart &+ UInt32(turn) &* 900) }
        var answer = Turn(
            isFromClient: false,
            flags: Flags.synAck,
            sequence: serverNext,
            acknowledgment: clientStart &+ 1
        )
        answer.isRefusal = turn % 2 == 1
        return answer
    }

    private func resetLoop() -> Turn {
        let base = clientStart &+ UInt32(turn / 5) &* 70_000
        switch turn % 5 {
        case 0: return opening(at: base)
        case 1: return opening(at: base &+ 3676)
        case 2:
            return Turn(
                isFromClient: false,
                flags: Flags.synAck,
                sequence: serverNext &+ UInt32(turn) &* 13_000,
                acknowledgment: base &+ 1
            )
        case 3:
            return Turn(
                isFromClient: true,
                flags: Flags.rst,
                sequence: base &+ 1,
                acknowledgment: 0
            )
        default:
            return Turn(
                isFromClient: false,
                flags: Flags.rstAck,
                sequence: 0,
                acknowledgment: base &+ 3677
            )
        }
    }

    private mutating func healthy() -> Turn? {
        switch turn {
        case 0: return fromClient(Flags.syn, taking: 1)
        case 1: return fromServer(Flags.synAck, taking: 1)
        case 2: return fromClient(Flags.ack)
        case 3 + 4 * rounds: return fromClient(Flags.fin, taking: 1)
        case 4 + 4 * rounds: return fromServer(Flags.fin, taking: 1)
        case 5 + 4 * rounds: return fromClient(Flags.ack)
        case (6 + 4 * rounds)...: return nil
        default: break
        }
        switch (turn - 3) % 4 {
        case 0: return fromClient(Flags.data, payload: request, taking: UInt32(request))
        case 1, 2: return fromServer(Flags.data, payload: 1448, taking: 1448)
        default: return fromClient(Flags.ack)
        }
    }

    private mutating func encrypted() -> Turn {
        let part = TLSStory.turns[turn]
        let length = UInt32(part.payload) + (part.kind == .syn || part.kind == .fin ? 1 : 0)
        let flags =
            switch part.kind {
            case .syn: part.isFromClient ? Flags.syn : Flags.synAck
            case .ack: Flags.ack
            case .data: Flags.data
            case .fin: Flags.fin
            }
        var turn =
            part.isFromClient
            ? fromClient(flags, payload: part.payload, taking: length)
            : fromServer(flags, payload: part.payload, taking: length)
        turn.content = part.content
        return turn
    }

    private mutating func fromClient(_ flags: UInt8, payload: Int = 0, taking length: UInt32 = 0)
        -> Turn
    {
        let acknowledgment = flags == Flags.syn ? 0 : serverNext
        defer { clientNext &+= length }
        return Turn(
            isFromClient: true,
            flags: flags,
            sequence: clientNext,
            acknowledgment: acknowledgment,
            payload: payload
        )
    }

    private mutating func fromServer(_ flags: UInt8, payload: Int = 0, taking length: UInt32 = 0)
        -> Turn
    {
        defer { serverNext &+= length }
        return Turn(
            isFromClient: false,
            flags: flags,
            sequence: serverNext,
            acknowledgment: clientNext,
            payload: payload
        )
    }
}
