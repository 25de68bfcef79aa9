import Tracking

/// One thing that is wrong in a world.
enum Fault: String, CaseIterable, Sendable {
    case closedPort
    case droppedSyns
    /// REJECT with an ICMP error that says so.
    case rejectedSyns
    /// Any other ICMP error.
    case unreachable
    case resetSyns
    /// Several connects on one port at once; the server keeps its first answer, the client's
    /// firewall rejects it.
    case filerBurst
    /// Several connects on one port at once to Linux; the second SYN falls into the window of the
    /// first.
    case linuxBurst
    /// The same three times or more.
    case repeatedLinuxBurst
    /// A program sends SYNs past its kernel, which resets the answers.
    case rawSender
    /// The server answers from a half-open entry that is older than the capture.
    case oldEntry
    /// The server is in TIME-WAIT and the SYN looks older than the connection before.
    case timeWaitCollision
    /// The client lost its state in the middle of a connection.
    case halfOpenServer
    /// The first SYN or two are lost.
    case lostSyns
    /// No SYN-ACK gets through to the client.
    case lostAnswers
    /// Nothing that follows the SYN gets through to the server.
    case lostCompletions
    /// The accept queue is full for a while.
    case fullQueue
    /// The same, where the server says so with RSTs.
    case abortingQueue
    /// The service accepts and closes without a word.
    case turnedAway
    case slowPath
}

/// What must be found, and what may be.
extension Fault {
    /// What must be found, wherever the capture was made.
    var pathologies: Set<String> {
        switch self {
        case .closedPort, .resetSyns: ["connection-refused"]
        case .droppedSyns: ["syn-unanswered"]
        case .rejectedSyns: ["icmp-admin-prohibited"]
        case .unreachable: ["icmp-unreachable"]
        case .filerBurst: ["syn-burst", "syn-ack-stale", "icmp-admin-prohibited"]
        case .linuxBurst: ["syn-burst"]
        case .repeatedLinuxBurst: ["syn-burst", "rst-loop"]
        case .rawSender: ["rst-loop"]
        case .oldEntry: ["syn-ack-unseen"]
        case .timeWaitCollision: ["time-wait-collision"]
        case .halfOpenServer: ["challenge-ack"]
        case .lostSyns: []
        case .lostAnswers, .lostCompletions: ["syn-ack-retransmission"]
        case .fullQueue: ["accept-queue-overflow"]
        case .abortingQueue: ["rst-after-handshake"]
        case .turnedAway: ["reconnect-loop"]
        case .slowPath: ["slow-handshake"]
        }
    }

    /// What must be found as well where the client was captured: only there do the SYN-ACKs of
    /// Linux come behind the SYNs that make them stale, and are all SYNs to be seen that get lost.
    var pathologiesAtClient: Set<String> {
        switch self {
        case .linuxBurst, .repeatedLinuxBurst: ["syn-ack-stale"]
        case .lostSyns: ["slow-handshake"]
        default: []
        }
    }

    /// What may be found beside.
    var companions: Set<String> {
        switch self {
        case .linuxBurst, .repeatedLinuxBurst: ["syn-ack-stale"]
        case .oldEntry: ["icmp-admin-prohibited"]
        case .timeWaitCollision: ["challenge-ack"]
        case .fullQueue: ["syn-ack-retransmission"]
        // Its server keeps sockets for half a minute that nobody uses.
        case .halfOpenServer: ["half-close-stall"]
        default: []
        }
    }

    /// What is true as well where the links lose packets.
    var companionsUnderLoss: Set<String> {
        switch self {
        // With the answer to SYN 1 lost, the RST to SYN 2 looks like that of a closed port. With
        // one of the RSTs lost, a half-open entry outlives its round: it answers the next SYN, and
        // repeats its SYN-ACK.
        case .linuxBurst, .repeatedLinuxBurst:
            ["rst-loop", "connection-refused", "challenge-ack", "syn-ack-retransmission"]
        // With the client's RST lost, its next SYN meets the half-open entry of the one before.
        case .rawSender:
            [
                "syn-burst", "syn-ack-stale", "challenge-ack", "syn-ack-retransmission",
                "rst-after-handshake",
            ]
        // With the client's RST lost, the old entry survives to answer the next SYN.
        case .oldEntry, .timeWaitCollision, .halfOpenServer: ["rst-loop"]
        // With the first sending lost before the tap, a retry seems to follow it at once.
        case .droppedSyns: ["syn-burst"]
        // With the ACK of the handshake lost again and again, its data is sent in vain.
        case .fullQueue: ["retransmission-timeout"]
        // With the FIN lost, the close comes late.
        case .turnedAway: ["silent-connection"]
        // With the other SYNs lost, what the timer of the first sends again is its right answer.
        case .filerBurst: ["syn-ack-retransmission"]
        default: []
        }
    }
}
