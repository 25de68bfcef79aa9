import Tracking

/// One thing that is wrong and that no host of the simulation does by itself.
enum ScriptedFault: String, CaseIterable, Sendable {
    case simultaneousOpen
    case splitHandshake
    /// Two machines answer one SYN.
    case twoResponders
    /// The answers come from another address.
    case untranslatedAnswers
    case blackHoledFastOpen
    case refusedFastOpen
    /// SYNs that ask for ECN are dropped, of several connections.
    case droppedECN
    case violatedOptions
    /// A SYN-ACK echoes a timestamp that was never sent.
    case rewrittenEcho
    case timestampsFallBack
    /// Behind one address are two clocks, and the listener goes by one.
    case twoClocks
    case forgedReset
    case damagedSyns
    case damagedAnswers
    case portScan
    case synFlood
    case duplicateAddress
    /// A scanner's SYNs, whose answers its kernel resets.
    case halfOpenScanner
    /// A client stops reading.
    case closedWindow
    /// Two ends out of step answer each other's ACKs.
    case ackLoop
    /// A client's own packet filter drops the ACKs that it gets.
    case deafSender
    case restartedService
    case restartedHost
    /// A device on the way forgot an idle connection.
    case forgottenConnection

    /// What must be found.
    var pathology: String {
        switch self {
        case .simultaneousOpen: "simultaneous-open"
        case .splitHandshake: "split-handshake"
        case .twoResponders: "syn-ack-changed"
        case .untranslatedAnswers: "syn-ack-misrouted"
        case .blackHoledFastOpen, .refusedFastOpen: "tfo-fallback"
        case .droppedECN: "ecn-fallback"
        case .violatedOptions: "option-violation"
        case .rewrittenEcho: "timestamp-mismatch"
        case .timestampsFallBack, .twoClocks: "timestamp-regression"
        case .forgedReset: "rst-injected"
        case .damagedSyns, .damagedAnswers: "bad-checksum"
        case .portScan: "port-scan"
        case .synFlood: "syn-flood"
        case .duplicateAddress: "duplicate-address"
        case .halfOpenScanner: "raw-socket-client"
        case .closedWindow: "zero-window-stall"
        case .ackLoop: "ack-loop"
        case .deafSender: "acks-not-received"
        case .restartedService: "service-restart"
        case .restartedHost: "host-restart"
        case .forgottenConnection: "idle-state-lost"
        }
    }

    /// What follows from it, and may be found beside.
    var consequences: Set<String> {
        switch self {
        case .twoClocks, .damagedSyns: ["syn-unanswered"]
        case .damagedAnswers: ["syn-ack-retransmission"]
        case .portScan: ["connection-refused"]
        case .rewrittenEcho: ["rst-loop"]
        case .timestampsFallBack: ["retransmission-timeout"]
        case .closedWindow: ["abortive-close"]
        case .restartedService: ["connection-refused"]
        case .restartedHost: ["connection-refused", "abortive-close", "unanswered-request"]
        case .forgottenConnection: ["retransmission-timeout", "unanswered-request"]
        default: []
        }
    }

    /// The script of a seed.
    func exchange(seed: UInt64) -> Exchange {
        var scene = Scene(seed: seed)
        switch self {
        case .simultaneousOpen: scene.openSimultaneously()
        case .splitHandshake: scene.splitHandshake()
        case .twoResponders: scene.answerTwice()
        case .untranslatedAnswers: scene.answerFromElsewhere()
        case .blackHoledFastOpen: scene.dropFastOpen()
        case .refusedFastOpen: scene.refuseFastOpen()
        case .droppedECN: scene.dropECN()
        case .violatedOptions: scene.violateOptions()
        case .rewrittenEcho: scene.rewriteEcho()
        case .timestampsFallBack: scene.letTimestampsFallBack()
        case .twoClocks: scene.goByTwoClocks()
        case .forgedReset: scene.forgeReset()
        case .damagedSyns: scene.damageSyns()
        case .damagedAnswers: scene.damageAnswers()
        case .portScan: scene.scanPorts()
        case .synFlood: scene.flood()
        case .duplicateAddress: scene.contestAddress()
        case .halfOpenScanner: scene.scanHalfOpen()
        case .closedWindow: scene.closeWindow()
        case .ackLoop: scene.answerEachOther()
        case .deafSender: scene.dropOwnACKs()
        case .restartedService: scene.restartService()
        case .restartedHost: scene.restartHost()
        case .forgottenConnection: scene.forgetIdleConnection()
        }
        return scene.exchange
    }
}
