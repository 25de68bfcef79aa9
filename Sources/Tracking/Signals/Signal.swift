/// What a connection may show that is remembered for a diagnosis: the one list of it.
///
/// `StreamTracker.signals` and `Signals.init` say which ones are shown. A connection with one that
/// `keepsStream` is kept for a diagnosis; a `History` has all that it shows, and a detector is
/// asked where its `needs` are among them.
package enum Signal: UInt8, CaseIterable, Sendable {
    // Of attempts to connect.
    case severalAttempts, repeatedSYN, unansweredAttempt, unansweredIncarnation, completion, former
    case answer, severalAnswers, staleAnswer, unseenAnswer, foreignEcho, bareAnswer, challenge
    case responderSYN, mixedECN, fastOpen, oddOptions, wrongChecksum, signature
    // Of connections that were established.
    case stream, silence, longSilence, data, tls, tlsFault, repetition, probe, stall, refusal
    case unansweredData, idleEnd, halfClose, fallenTimestamp
    // Of both.
    case fin, reset, severalResets, rejection, icmpError
}

extension Signal {
    /// What shows it.
    package var meaning: String {
        switch self {
        case .severalAttempts: "two attempts or more"
        case .repeatedSYN: "two SYNs or more, and no established connection"
        case .unansweredAttempt: "an attempt without an answer, or that was refused"
        case .unansweredIncarnation: "no SYN-ACK at all"
        case .completion: "the ACK that completes a handshake"
        case .former: "a previous connection on the four-tuple"
        case .answer: "a SYN-ACK"
        case .severalAnswers: "two SYN-ACKs or more"
        case .staleAnswer: "a SYN-ACK for a superseded SYN, or for the previous connection"
        case .unseenAnswer: "a SYN-ACK for a SYN that was not captured"
        case .foreignEcho: "a SYN-ACK that echoes a timestamp of no SYN"
        case .bareAnswer: "a SYN-ACK without any option but the segment size"
        case .challenge: "a bare ACK of the responder in answer to a SYN"
        case .responderSYN: "a SYN of the responder, or both ends are one"
        case .mixedECN: "SYNs that ask for ECN, and SYNs that do not"
        case .fastOpen: "a SYN with a Fast Open option or data"
        case .oddOptions: "options that break a rule or differ, or a packet captured twice"
        case .wrongChecksum: "a wrong checksum"
        case .signature: "a signed SYN, or one without a signature to a host that signs"
        case .stream: "an established connection that was kept"
        case .silence: "no data"
        case .longSilence: "no data for 5 s, or until the responder closed"
        case .data: "data"
        case .tls: "a TLS session"
        case .tlsFault:
            "a TLS session without handshake, data or close_notify, or with a fatal alert"
        case .repetition: "data, FINs or probes sent again and again"
        case .probe: "a keep-alive or window probe"
        case .stall: "a closed window, unanswered probes, or ACKs that answer each other"
        case .refusal: "first words that turn the client away, or of another protocol"
        case .unansweredData: "data that waited 5 s for an answer"
        case .idleEnd: "10 s without a packet before the end"
        case .halfClose: "5 s between the two FINs"
        case .fallenTimestamp: "a timestamp that fell back"
        case .fin: "a FIN"
        case .reset: "a RST"
        case .severalResets: "two RSTs or more"
        case .rejection: "a RST that rejects a segment"
        case .icmpError: "an ICMP error"
        }
    }

    /// Where it is held until a diagnosis asks for it.
    package var memory: Memory {
        switch self {
        case .severalAttempts, .repeatedSYN, .unansweredAttempt, .unansweredIncarnation: .eventLog
        case .completion, .former, .answer, .severalAnswers, .staleAnswer: .eventLog
        case .unseenAnswer, .foreignEcho, .bareAnswer, .challenge, .responderSYN: .eventLog
        case .mixedECN, .fastOpen, .oddOptions, .wrongChecksum: .eventLog
        case .fin, .reset, .severalResets, .rejection, .icmpError: .eventLog
        case .fallenTimestamp: .endpoints
        case .signature: .hosts
        case .stream, .silence, .longSilence, .data, .refusal: .stream
        case .unansweredData, .idleEnd, .halfClose: .stream
        case .repetition: .repetition
        case .probe, .stall: .stall
        case .tls, .tlsFault: .session
        }
    }

    /// Whether the tracker keeps an established connection for it.
    ///
    /// What says more of a connection that is kept for something else keeps none itself.
    package var keepsStream: Bool {
        switch self {
        case .reset, .longSilence, .tlsFault, .repetition, .stall, .refusal: true
        case .unansweredData, .idleEnd, .halfClose: true
        default: false
        }
    }

    /// An answer, or the other end's FIN, that takes so long may be missing, in nanoseconds.
    package static let answerTimeout: Int64 = 5_000_000_000
    /// A connection without a packet for so long before its end was perhaps closed for that, in
    /// nanoseconds.
    package static let idleTimeout: Int64 = 10_000_000_000
    /// Segments sent so often again did not get through.
    static let manyRepetitions: UInt16 = 2
    /// More FINs than two ends and a lost packet or two need.
    static let manyFINs = 6
    /// TLS sessions of fewer records were perhaps shut down early.
    static let fewRecords: UInt32 = 3
}

extension Signal {
    /// What is remembered, and what that costs.
    package enum Memory: CaseIterable, Sendable {
        case endpoints, eventLog, stream, repetition, stall, session, hosts, services
    }
}

extension Signal.Memory {
    /// What it holds.
    package var meaning: String {
        switch self {
        case .endpoints: "highest numbers and timestamp of each end, its time to live"
        case .eventLog: "packets of handshakes and ends, and all that is odd"
        case .stream: "newest data of each end, what its first data looks like, how it ended"
        case .repetition: "what an end sends again, and whether that had been acknowledged"
        case .stall: "closed windows, probes and ACKs that answer each other"
        case .session: "TLS records of each end by their headers: handshake, data, alerts"
        case .hosts: "hosts that sign their SYNs"
        case .services: "answers that took more than 2 s"
        }
    }

    /// The file in `Sources/Tracking` that takes it down.
    package var seenIn: String {
        switch self {
        case .endpoints: "Flows/EndpointState"
        case .eventLog: "Flows/Flow+Advance"
        case .stream: "Streams/StreamTracker+Payload"
        case .repetition: "Streams/Retransmissions"
        case .stall: "Streams/Stall"
        case .session: "TLS/TLSSession"
        case .hosts: "Aggregates/HostFacts"
        case .services: "Aggregates/SlowAnswers"
        }
    }

    /// The bytes that it takes each time.
    package var bytes: Int {
        switch self {
        case .endpoints: 2 * MemoryLayout<EndpointState>.stride
        case .eventLog: MemoryLayout<Event>.stride
        case .stream: MemoryLayout<StreamState>.stride
        case .repetition: MemoryLayout<Repetition>.stride
        case .stall: MemoryLayout<Stall>.stride
        case .session: MemoryLayout<TLSSession>.stride
        case .hosts: 2 * MemoryLayout<Address>.stride
        case .services: MemoryLayout<Endpoint>.stride + 16 * MemoryLayout<Int64>.stride
        }
    }

    /// Who pays for it.
    package var owner: String {
        switch self {
        case .endpoints: "each flow"
        case .eventLog: "each packet until the connection runs, then each odd one"
        case .stream: "each connection with data"
        case .repetition: "each end that sends something again"
        case .stall: "each connection that stands still"
        case .session: "each TLS session"
        case .hosts: "each pair of hosts, no flow"
        case .services: "each slow service, no flow"
        }
    }

    /// Whether it is left out of captures without payload.
    var isOfStreams: Bool {
        switch self {
        case .stream, .repetition, .stall, .session: true
        case .endpoints, .eventLog, .hosts, .services: false
        }
    }
}

/// A set of signals.
package struct Signals: Hashable, BitwiseCopyable, Sendable, ExpressibleByArrayLiteral {
    /// A bit for each.
    package private(set) var rawValue: UInt64 = 0

    package init() {}

    package init(arrayLiteral signals: Signal...) { self.init(signals) }

    package init(_ signals: some Sequence<Signal>) {
        for signal in signals { insert(signal) }
    }

    package mutating func insert(_ signal: Signal) { rawValue |= 1 << UInt64(signal.rawValue) }

    mutating func formUnion(_ other: Signals) { rawValue |= other.rawValue }

    package func contains(_ signal: Signal) -> Bool {
        rawValue & 1 << UInt64(signal.rawValue) != 0
    }

    package func isSuperset(of other: Signals) -> Bool {
        other.rawValue & ~rawValue == 0
    }

    package func isDisjoint(with other: Signals) -> Bool { rawValue & other.rawValue == 0 }

    package func subtracting(_ other: Signals) -> Signals {
        var rest = self
        rest.rawValue &= ~other.rawValue
        return rest
    }

    /// Those for which an established connection is kept.
    package static let keepingStreams = Signals(Signal.allCases.filter(\.keepsStream))
    /// All that tells what was sent on a connection.
    package static let ofStreams = Signals(Signal.allCases.filter(\.memory.isOfStreams))
}
