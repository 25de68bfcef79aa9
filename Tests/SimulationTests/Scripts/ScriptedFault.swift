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
        }
        return scene.exchange
    }
}
