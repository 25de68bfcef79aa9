/// One line of a script: a segment, an ICMP error, or silence.
package struct ScriptStep: Sendable {
    /// What is sent.
    package enum Content: Hashable, Sendable {
        case segment(ScriptSegment)
        /// An error about the newest segment of `about`.
        case refusal(Refusal, about: Party)
        /// ARP or a neighbour advertisement: the party's address belongs to the card with this last
        /// octet.
        case claim(mac: UInt8)
        /// A UDP datagram to the other end.
        case datagram([UInt8])
        case silence
    }

    package let party: Party
    package var content: Content
    /// The time since the line before, in nanoseconds.
    package var delay: Int64 = 100_000
    /// Whether a detector should point at this packet.
    package private(set) var isFlagged = false

    /// The same step, marked as one that a detector should point at.
    package var flagged: ScriptStep {
        var copy = self
        copy.isFlagged = true
        return copy
    }

    var overIPv6: ScriptStep {
        var copy = self
        switch content {
        case .refusal(let refusal, let about):
            copy.content = .refusal(refusal.overIPv6, about: about)
        case .segment(var segment):
            segment.clientAddress = segment.clientAddress?.overIPv6
            segment.serverAddress = segment.serverAddress?.overIPv6
            copy.content = .segment(segment)
        case .claim, .datagram, .silence:
            break
        }
        return copy
    }
}

/// Who sends a line of a script.
package enum Party: Hashable, Sendable {
    case client
    case server
    /// A machine between the two, which only sends ICMP errors.
    case router

    var peer: Party { self == .client ? .server : .client }
}

package let client = Party.client
package let server = Party.server
package let router = Party.router

/// The fields of a scripted segment that matter here.
package struct ScriptSegment: Hashable, Sendable {
    package var flags: TCPFlags
    package var sequence: UInt32
    package var acknowledgment: UInt32
    package var length: Int = 0
    /// What it carries, `length` octets; `nil`: dots.
    package var payload: [UInt8]?
    /// Whether its numbers go on from what both ends have sent before.
    package var goesOn = false
    package var window: UInt16 = 64240
    /// `nil`: by the clock of the script, one tick a millisecond.
    package var timestampValue: UInt32?
    /// `nil`: what the peer's newest segment carried.
    package var timestampEcho: UInt32?
    package var hasOptions = true
    /// `nil`: the usual ones.
    package var options: [ScriptOption]?
    package var timeToLive: UInt8 = 64
    /// `nil`: the next of its sender.
    package var identification: UInt16?
    /// The last octet of the source MAC address; `nil`: that of its sender.
    package var mac: UInt8?
    /// Whether its checksum is wrong.
    package var isDamaged = false
    /// Instead of the ends of the exchange, where several take part.
    package var clientPort: UInt16?
    package var serverPort: UInt16?
    package var clientAddress: Address?
    package var serverAddress: Address?
}

/// An ICMP error by type and code.
package struct Refusal: Hashable, Sendable {
    package let type: UInt8
    package let code: UInt8

    package static let networkUnreachable = Refusal(type: 3, code: 0)
    package static let hostUnreachable = Refusal(type: 3, code: 1)
    package static let protocolUnreachable = Refusal(type: 3, code: 2)
    package static let portUnreachable = Refusal(type: 3, code: 3)
    package static let fragmentationNeeded = Refusal(type: 3, code: 4)
    package static let networkProhibited = Refusal(type: 3, code: 9)
    package static let hostProhibited = Refusal(type: 3, code: 10)
    package static let prohibited = Refusal(type: 3, code: 13)
    package static let timeExceeded = Refusal(type: 11, code: 0)

    /// The ICMPv6 error that says the same (RFC 4443 §3).
    package var overIPv6: Refusal {
        switch (type, code) {
        case (11, _): Refusal(type: 3, code: 0)
        case (_, 0): Refusal(type: 1, code: 0)
        case (_, 9), (_, 10), (_, 13): Refusal(type: 1, code: 1)
        case (_, 3): Refusal(type: 1, code: 4)
        case (_, 4): Refusal(type: 2, code: 0)
        default: Refusal(type: 1, code: 3)
        }
    }
}

/// Lets time pass before the next line.
package func pause(_ duration: Duration) -> ScriptStep {
    let parts = duration.components
    let nanoseconds = parts.seconds * 1_000_000_000 + parts.attoseconds / 1_000_000_000
    return ScriptStep(party: .client, content: .silence, delay: nanoseconds)
}

extension Party {
    /// A SYN; its timestamp echo is 0 unless said otherwise (RFC 7323 §3.2).
    package func syn(
        seq: UInt32,
        win: UInt16 = 64240,
        tsval: UInt32? = nil,
        tsecr: UInt32 = 0,
        length: Int = 0
    ) -> ScriptStep {
        var segment = ScriptSegment(flags: .syn, sequence: seq, acknowledgment: 0)
        segment.window = win
        segment.timestampValue = tsval
        segment.timestampEcho = tsecr
        segment.length = length
        return ScriptStep(party: self, content: .segment(segment))
    }

    package func synAck(
        seq: UInt32,
        ack: UInt32,
        tsval: UInt32? = nil,
        tsecr: UInt32? = nil
    ) -> ScriptStep {
        var segment = ScriptSegment(flags: [.syn, .ack], sequence: seq, acknowledgment: ack)
        segment.timestampValue = tsval
        segment.timestampEcho = tsecr
        return ScriptStep(party: self, content: .segment(segment))
    }

    package func ack(seq: UInt32, ack: UInt32) -> ScriptStep {
        send([.ack], seq: seq, ack: ack)
    }

    package func data(seq: UInt32, ack: UInt32, length: Int) -> ScriptStep {
        send([.psh, .ack], seq: seq, ack: ack, length: length)
    }

    package func fin(seq: UInt32, ack: UInt32) -> ScriptStep {
        send([.fin, .ack], seq: seq, ack: ack)
    }

    /// A RST as a stack without a socket sends it: no ACK, no window, no options.
    package func rst(seq: UInt32) -> ScriptStep {
        segmentWithoutOptions(.rst, seq: seq, ack: 0)
    }

    /// The RST+ACK with sequence number 0 that answers a segment without ACK (RFC 9293 §3.10.7.1).
    package func rstAck(ack: UInt32) -> ScriptStep {
        segmentWithoutOptions([.rst, .ack], seq: 0, ack: ack)
    }

    /// A segment with just these flags and no options, as scanners send it.
    package func bare(_ flags: TCPFlags, seq: UInt32) -> ScriptStep {
        segmentWithoutOptions(flags, seq: seq, ack: 0)
    }

    /// A RST of a live socket: at its own next sequence number, with timestamps.
    package func reset(seq: UInt32, ack: UInt32) -> ScriptStep {
        send([.rst, .ack], seq: seq, ack: ack)
    }

    /// An ICMP error about the newest segment of the other end, or of `about`.
    package func refuses(_ refusal: Refusal, about: Party? = nil) -> ScriptStep {
        ScriptStep(party: self, content: .refusal(refusal, about: about ?? peer))
    }

    /// Says by ARP that the party's address belongs to the network card with this last octet.
    package func claims(mac: UInt8) -> ScriptStep {
        ScriptStep(party: self, content: .claim(mac: mac))
    }

    /// The next ACK.
    package func ack() -> ScriptStep { next([.ack]) }

    /// The next FIN.
    package func fin() -> ScriptStep { next([.fin, .ack]) }

    /// The next RST of a live socket.
    package func reset() -> ScriptStep { next([.rst, .ack]) }

    /// The next segment, with this payload.
    package func data(_ payload: [UInt8]) -> ScriptStep { next([.psh, .ack], payload) }

    private func next(_ flags: TCPFlags, _ payload: [UInt8] = []) -> ScriptStep {
        var segment = ScriptSegment(flags: flags, sequence: 0, acknowledgment: 0)
        segment.goesOn = true
        segment.length = payload.count
        segment.payload = payload
        return ScriptStep(party: self, content: .segment(segment))
    }

    private func send(_ flags: TCPFlags, seq: UInt32, ack: UInt32, length: Int = 0) -> ScriptStep {
        var segment = ScriptSegment(flags: flags, sequence: seq, acknowledgment: ack)
        segment.length = length
        return ScriptStep(party: self, content: .segment(segment))
    }

    private func segmentWithoutOptions(_ flags: TCPFlags, seq: UInt32, ack: UInt32) -> ScriptStep {
        var segment = ScriptSegment(flags: flags, sequence: seq, acknowledgment: ack)
        segment.window = 0
        segment.hasOptions = false
        return ScriptStep(party: self, content: .segment(segment))
    }
}
