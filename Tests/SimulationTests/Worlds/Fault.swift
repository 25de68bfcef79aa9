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

    /// What must be found.
    var pathologies: Set<String> {
        switch self {
        case .closedPort, .resetSyns: ["connection-refused"]
        case .droppedSyns: ["syn-unanswered"]
        case .rejectedSyns: ["icmp-admin-prohibited"]
        case .filerBurst: ["syn-burst", "syn-ack-stale", "icmp-admin-prohibited"]
        case .linuxBurst: ["syn-burst", "syn-ack-stale"]
        case .repeatedLinuxBurst: ["syn-burst", "syn-ack-stale", "rst-loop"]
        case .rawSender: ["rst-loop"]
        case .oldEntry: ["syn-ack-unseen"]
        }
    }

    /// What may be found beside.
    var companions: Set<String> {
        switch self {
        case .oldEntry: ["icmp-admin-prohibited"]
        case .closedPort, .droppedSyns, .rejectedSyns, .resetSyns, .filerBurst, .linuxBurst,
            .repeatedLinuxBurst, .rawSender:
            []
        }
    }

    /// What is true as well where the links lose packets.
    var companionsUnderLoss: Set<String> {
        switch self {
        // With the answer to SYN 1 lost, the RST to SYN 2 looks like that of a closed port.
        case .linuxBurst, .repeatedLinuxBurst: ["rst-loop", "connection-refused"]
        // With the client's RST lost, its next SYN meets the half-open entry of the one before.
        case .rawSender: ["syn-burst", "syn-ack-stale"]
        case .closedPort, .droppedSyns, .rejectedSyns, .resetSyns, .filerBurst, .oldEntry: []
        }
    }

    /// Where the capture shows it.
    var places: [Tap.Place] {
        switch self {
        // In the order of the server's packets every SYN-ACK answers the SYN before it.
        case .linuxBurst, .repeatedLinuxBurst: [.client]
        case .closedPort, .droppedSyns, .rejectedSyns, .resetSyns, .filerBurst, .rawSender, .oldEntry:
            Tap.Place.allCases
        }
    }
}
