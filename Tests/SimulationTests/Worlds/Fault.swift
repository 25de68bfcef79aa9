import Tracking

/// One thing that is wrong in a world.
enum Fault: String, CaseIterable, Sendable {
    case closedPort
    case droppedSyns
    case rejectedSyns
    case resetSyns
    /// Several connects on one port at once; the server keeps its first answer, the client's firewall
    /// rejects it.
    case filerBurst
    /// Several connects on one port at once to Linux; the second SYN falls into the window of the first.
    case linuxBurst
    /// The same three times or more.
    case repeatedLinuxBurst
    /// A program sends SYNs past its kernel, which resets the answers.
    case rawSender
    /// The server answers from a half-open entry that is older than the capture.
    case oldEntry

    /// What must be found, wherever the capture was made.
    var pathologies: Set<String> {
        switch self {
        case .closedPort, .resetSyns: ["connection-refused"]
        case .droppedSyns: ["syn-unanswered"]
        case .rejectedSyns: ["icmp-admin-prohibited"]
        case .filerBurst: ["syn-burst", "syn-ack-stale", "icmp-admin-prohibited"]
        case .linuxBurst: ["syn-burst"]
        case .repeatedLinuxBurst: ["syn-burst", "rst-loop"]
        case .rawSender: ["rst-loop"]
        case .oldEntry: ["syn-ack-unseen"]
        }
    }

    /// What must be found as well where the client was captured: only there do the SYN-ACKs of Linux come
    /// behind the SYNs that make them stale.
    var pathologiesAtClient: Set<String> {
        switch self {
        case .linuxBurst, .repeatedLinuxBurst: ["syn-ack-stale"]
        case .closedPort, .droppedSyns, .rejectedSyns, .resetSyns, .filerBurst, .rawSender,
            .oldEntry:
            []
        }
    }

    /// What may be found beside.
    var companions: Set<String> {
        switch self {
        case .linuxBurst, .repeatedLinuxBurst: ["syn-ack-stale"]
        case .oldEntry: ["icmp-admin-prohibited"]
        case .closedPort, .droppedSyns, .rejectedSyns, .resetSyns, .filerBurst, .rawSender: []
        }
    }

    /// What is true as well where the links lose packets.
    var companionsUnderLoss: Set<String> {
        switch self {
        // With the answer to SYN 1 lost, the RST to SYN 2 looks like that of a closed port. With one of the
        // RSTs lost, a half-open entry outlives its round: it answers the next SYN, and repeats its SYN-ACK.
        case .linuxBurst, .repeatedLinuxBurst:
            ["rst-loop", "connection-refused", "challenge-ack", "syn-ack-retransmission"]
        // With the client's RST lost, its next SYN meets the half-open entry of the one before.
        case .rawSender:
            [
                "syn-burst", "syn-ack-stale", "challenge-ack", "syn-ack-retransmission",
                "rst-after-handshake",
            ]
        // With the client's RST lost, the old entry survives to answer the next SYN.
        case .oldEntry: ["rst-loop"]
        // With the first sending lost before the tap, a retry seems to follow it at once.
        case .droppedSyns: ["syn-burst"]
        // With the other SYNs lost, what the timer of the first sends again is its right answer.
        case .filerBurst: ["syn-ack-retransmission"]
        case .closedPort, .rejectedSyns, .resetSyns: []
        }
    }
}
