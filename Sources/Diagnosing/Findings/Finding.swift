import Tracking

/// What a detector found: one pathology of one four-tuple, or of many that suffer alike.
package struct Finding: Hashable, Sendable {
    /// The detector's id.
    package let pathology: String
    /// The variant within the pathology, where it has several.
    package var reason: String?
    package var severity: Severity
    package var confidence: Confidence
    package var status: Status
    package var subject: Subject
    /// How often it happened to the subject.
    package var count: Int
    /// How many flows suffer alike.
    package var flows = 1
    /// Whether its texts are about all of its flows, and not about the first of them.
    package var speaksForAll = false
    /// What an incident is called of which this is the root; `nil`: by its outcome.
    package var headline: String?
    /// What all its flows have in common beyond the pathology, as words for its detector's
    /// sentence; `nil` where they differ.
    package var shared: String?
    /// What lets nothing pass to its responder: a router, or the client itself, which reaches
    /// nothing outside its network.
    var obstacle: Address?
    /// What the server said first, for who asked to have it quoted.
    package var quote: ShownText?
    /// How many packets prove it; those among them that are shown are its `evidence`.
    package var proofCount: Int
    /// The time of the first packet of the story, in nanoseconds since 1970.
    package var firstSeen: Int64
    package var lastSeen: Int64
    /// The first SYN of the flow: it makes the id stable across overlapping captures.
    package var begin: Int64
    /// Whether the connection came up in the end.
    package var isEstablished: Bool
    /// Whom it was about when it began, where it is about more by now: so that it keeps its id as
    /// it grows.
    var firstSubject: Subject?
    /// Words, numbers and packets; empty until it is `described`.
    package var details = Details()
    var deferredDetails: DeferredDetails?

    /// As many packets as a finding shows.
    package static let evidenceLimit = 32

    /// The facts; `details` is called when the finding is `described`.
    init(
        pathology: String,
        reason: String? = nil,
        severity: Severity,
        confidence: Confidence,
        status: Status,
        subject: Subject,
        count: Int,
        proofCount: Int,
        firstSeen: Int64,
        lastSeen: Int64,
        begin: Int64,
        isEstablished: Bool,
        details: @escaping @Sendable () -> Details
    ) {
        self.pathology = pathology
        self.reason = reason
        self.severity = severity
        self.confidence = confidence
        self.status = status
        self.subject = subject
        self.count = count
        self.proofCount = proofCount
        self.firstSeen = firstSeen
        self.lastSeen = lastSeen
        self.begin = begin
        self.isEstablished = isEstablished
        deferredDetails = DeferredDetails(make: details)
    }

    /// The name of its pathology, as a sentence begins with it.
    package var title: String {
        (Catalog.detector(named: pathology)?.manual.title ?? pathology).capitalizedFirst
    }

    /// 64 bits in hexadecimal, the same for the same trouble in two overlapping captures.
    package var id: String { id(of: (firstSubject ?? subject).identity) }

    /// The same, where the text that tells its first subject from others is known.
    func id(of identity: String) -> String {
        StableID.hexadecimal(of: "\(pathology)|\(identity)|\(begin)")
    }
}

/// Whom a finding is about; `nil` where it is about many.
package struct Subject: Hashable, Sendable {
    package var initiatorAddress: Address?
    package var initiatorPort: UInt16?
    package var responderAddress: Address?
    package var responderPort: UInt16?
    /// In which VLANs and tunnels its packets were; plain where not all were in the same.
    package var encapsulation = EncapsulationID.plain
    /// What carried its packets.
    package var transport = Transport.tcp

    package init(
        initiator: Address? = nil,
        initiatorPort: UInt16? = nil,
        responder: Address? = nil,
        responderPort: UInt16? = nil,
        encapsulation: EncapsulationID = .plain
    ) {
        initiatorAddress = initiator
        self.initiatorPort = initiatorPort
        responderAddress = responder
        self.responderPort = responderPort
        self.encapsulation = encapsulation
    }

    package init(_ history: History) {
        initiatorAddress = history.initiator.address
        initiatorPort = history.initiator.port
        responderAddress = history.responder.address
        responderPort = history.responder.port
        encapsulation = history.encapsulation
    }

    /// The service, if it is a single one.
    package var responder: Endpoint? {
        guard let responderAddress, let responderPort else { return nil }
        return Endpoint(responderAddress, port: responderPort)
    }

    /// Both endpoints, if the subject is a single four-tuple.
    package var endpoints: (initiator: Endpoint, responder: Endpoint)? {
        guard let initiatorAddress, let initiatorPort, let responderAddress, let responderPort
        else {
            return nil
        }
        return (
            Endpoint(initiatorAddress, port: initiatorPort),
            Endpoint(responderAddress, port: responderPort)
        )
    }

    /// The Community ID of a single four-tuple.
    package var communityID: String? {
        endpoints.map { CommunityID.text($0.initiator, $0.responder, over: transport) }
    }

    /// The text that tells this subject from others.
    var identity: String {
        communityID ?? parts
    }

    private var parts: String {
        let parts: [String?] = [
            initiatorAddress?.description, initiatorPort.map { String($0) },
            responderAddress?.description, responderPort.map { String($0) },
        ]
        return parts.map { $0 ?? "*" }.joined(separator: "|")
    }
}

/// One packet that proves a finding, and what to look at in it.
package struct Evidence: Hashable, Sendable {
    package let event: Event
    package let isFromInitiator: Bool
    /// Sender and receiver, where the finding is about more than one flow.
    package var ends: Ends?
    /// For an ICMP error, who sent that.
    package let errorSender: ErrorSender
    /// The rule of the sender's stack behind a RST or a bare ACK, in kebab-case.
    package var rule: String?
    package let note: String

    /// Who sent a packet to whom.
    package struct Ends: Hashable, Sendable {
        package let source: Endpoint
        package let destination: Endpoint
    }
}

/// One number of a finding, for machines and known issues.
package struct Metric: Hashable, Sendable {
    /// What a metric can be.
    package enum Value: Hashable, Sendable {
        case integer(Int)
        case number(Double)
        case flag(Bool)
        case text(String)
    }

    package let name: String
    package let value: Value

    package init(_ name: String, _ value: Int) { self.init(name, .integer(value)) }
    package init(_ name: String, _ value: Bool) { self.init(name, .flag(value)) }
    package init(_ name: String, _ value: String) { self.init(name, .text(value)) }

    /// Nanoseconds, given in microseconds as all durations of the report are.
    package init(_ name: String, nanoseconds: Int64) {
        let isWhole = nanoseconds % 1000 == 0
        self.init(
            name,
            isWhole ? .integer(Int(nanoseconds / 1000)) : .number(Double(nanoseconds) / 1000)
        )
    }

    private init(_ name: String, _ value: Value) {
        self.name = name
        self.value = value
    }
}

/// A command to run next, and what its output decides.
package struct Check: Hashable, Sendable {
    /// On which host; `nil` for none in particular.
    package let host: String?
    package let command: Command
    package let tells: String

    /// How long the way to the other end and back takes.
    static func roundTrip(from end: Endpoint, to other: Endpoint) -> Check {
        Check(
            on: end.address.description,
            "ping -c 5 \(other.address)",
            "A round trip as long as this handshake shows that the path or its queues are slow."
        )
    }

    /// How many packets the way to the other end and back loses.
    static func losses(from end: Endpoint, to other: Endpoint) -> Check {
        Check(
            on: end.address.description,
            "ping -c 100 -i 0.2 \(other.address)",
            "Shows how many packets are lost on the way there and back."
        )
    }

    package init(on host: String?, _ command: Command, _ tells: String) {
        self.host = host
        self.command = command
        self.tells = tells
    }

    /// Which rule of the packet filter on `host` rejects; `chain` is one of iptables' own.
    static func rejectCounter(on host: Address, chain: Command) -> Check {
        ruleCounter("REJECT", on: host, chain)
    }

    /// Which rule of a packet filter drops what comes.
    static func dropCounter(on host: Address, chain: Command) -> Check {
        ruleCounter("DROP", on: host, chain)
    }

    private static func ruleCounter(_ target: String, on host: Address, _ chain: Command) -> Check {
        Check(
            on: host.description,
            host.isIPv4 ? "iptables -nvL \(chain)" : "ip6tables -nvL \(chain)",
            "A \(target) counter that rises with every attempt names the rule. (With nftables: nft list ruleset)"
        )
    }
}

/// Who sent an ICMP error, seen from the flow.
package enum ErrorSender: Sendable {
    case initiator
    case responder
    /// A router or firewall on the way.
    case other
}
