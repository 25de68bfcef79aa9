import Diagnosing
import Tracking

/// Everything that a report says, in no format yet.
package struct Report: Sendable {
    package static let toolVersion = "0.1.0"

    package let inputs: [InputSummary]
    package let tally: Tally
    /// Where each packet came from; `nil` for one input.
    package let origins: FrameOrigins?
    /// The worst first.
    package let incidents: [Incident]
    /// What listens where.
    package let services: ServiceNames
    /// Initiators whose answers the capture misses.
    package let oneWayInitiators: [Address]
    /// All incarnations, if they were asked for.
    package var handshakes: [Handshake]?
    /// When the report was made, in nanoseconds since 1970; absent for reports that must not
    /// differ.
    package var generatedAt: Int64?
    /// The last packets before an instant, if they were asked for.
    package var lastPackets: InstantReport?
    /// Lines of other logs, if there are any.
    package private(set) var logs: LogMerge?
    /// Names of hosts, for people.
    package var hostNames = HostNames()
    /// What a configuration changed: incidents that are not reported, thresholds.
    package var remarks: [Configuration.Remark] = []
    /// Why inputs could not be read at all.
    package var refusals: [CaptureError] = []
    /// When connections failed, as far as flows were examined one by one.
    package var failureTimes = FailureTimes()

    /// Whether addresses and names are not those of the input.
    package var isAnonymised = false

    /// What the numbers of VLANs and tunnels stand for.
    package var encapsulations = EncapsulationTable()

    /// Whether only some pathologies or severities were asked for.
    package let isSelective: Bool

    package init(
        inputs: [InputSummary],
        tally: Tally,
        incidents: [Incident],
        services: ServiceNames = ServiceNames(),
        oneWayInitiators: [Address] = [],
        handshakes: [Handshake]? = nil,
        isSelective: Bool = false,
        origins: FrameOrigins? = nil
    ) {
        self.origins = origins
        self.isSelective = isSelective
        self.oneWayInitiators = oneWayInitiators
        self.inputs = inputs
        self.tally = tally
        self.incidents = incidents.worstFirst
        self.services = services
        self.handshakes = handshakes
    }

    /// The first and the last time of the packets.
    package var window: ClosedRange<Int64>? { tally.window.map { $0.first...$0.last } }

    /// In what VLANs and tunnels a flow's packets were, as the end of a heading; empty where they
    /// lay plainly in their frames.
    func sinks(of history: History) -> String {
        let question = history.encapsulation
        let answer = history.events.first { !history.isFromInitiator($0) && $0.kind != .icmp }?
            .encapsulation
        guard !question.isPlain || answer?.isPlain == false else { return "" }
        let there = encapsulations.name(of: question).text
        guard let answer, answer != question else { return ", in \(there)" }
        let back = encapsulations.name(of: answer).text
        return
            ", in \(there.isEmpty ? "no VLAN" : there), answered in \(back.isEmpty ? "none" : back)"
    }

    /// Puts the lines of other logs beside the incidents.
    package mutating func merge(_ logs: Logs) { self.logs = LogMerge(logs, incidents) }

    /// Whether any input has stamps finer than a microsecond.
    package var hasNanoseconds: Bool { inputs.contains { $0.hasNanoseconds } }

    /// How many findings there are of each severity.
    package func count(of severity: Severity) -> Int {
        incidents.reduce(0) { sum, incident in
            sum + incident.chain.count { $0.finding.severity == severity }
        }
    }

    /// The gravest severity of all findings.
    package var gravest: Severity? { incidents.map(\.severity).max() }

    /// How many connections failed of which no incident tells; 0 where not everything was asked
    /// for.
    package var unnamedFailures: UInt64 {
        let reported = incidents.filter { incident in
            incident.severity >= .warning && incident.chain.contains { !$0.finding.isEstablished }
        }
        let flows = reported.reduce(0) { $0 + UInt64($1.flows) }
        let failed = tally.attempted - tally.completed
        return isSelective || failed < flows ? 0 : failed - flows
    }

    /// What the reader must know about the input to judge the rest.
    package var warnings: [(code: String, message: String)] {
        var warnings: [(code: String, message: String)] = []
        if isAnonymised {
            let message =
                "addresses and names in this report are replaced; times, sizes, ports and numbers are not"
            warnings.append(("anonymised", message))
        }
        for remark in remarks { warnings.append((remark.code, remark.message)) }
        for refusal in refusals { warnings.append(("unreadable-input", refusal.shown.text)) }
        if inputs.contains(where: \.isInterrupted) {
            let message =
                "interrupted: reading was stopped, and later packets are not in this report"
            warnings.append(("interrupted", message))
        }
        for input in inputs {
            if let damage = input.damage {
                warnings.append(("damaged-input", "\(damage); everything before it was analysed"))
            }
        }
        for input in inputs where input.drops > 0 {
            let count = Wording.count(Int(clamping: input.drops), "packet")
            let message =
                "\(ShownText(foreign: input.name)) says that \(count) were dropped while it was captured"
            warnings.append(("capture-drops", message))
        }
        for input in inputs where input.packetsWithoutTime > 0 {
            let count = Wording.count(Int(clamping: input.packetsWithoutTime), "packet")
            let message =
                "\(ShownText(foreign: input.name)) has no time for \(count); they were given the time of the previous packet"
            warnings.append(("no-time", message))
        }
        if origins?.isIncomplete == true {
            let message =
                "the files alternate too often, so the file of later packets is not known"
            warnings.append(("origins-omitted", message))
        }
        if !oneWayInitiators.isEmpty {
            let hosts = Wording.list(oneWayInitiators.map(\.description))
            let message =
                "\(hosts) went on as if answered, but no answer was captured: one direction is missing"
            warnings.append(("one-direction", message))
        }
        if !tally.hasClock {
            let message =
                "the capture has no times: all packets have the same, so nothing that depends on time was looked for"
            warnings.append(("no-clock", message))
        }
        if let message = Self.translated(tally.translations) {
            warnings.append(("both-sides-of-nat", message))
        }
        if incidents.contains(where: \.isOfDamagedCapture) {
            let message =
                "the capture is damaged: packets with wrong checksums in it were accepted by their receivers"
            warnings.append(("damaged-capture", message))
        }
        if tally.timeReversals > 0 {
            let message =
                tally.timeReversals == 1
                ? "1 packet is out of order in time"
                : "the capture's clock went back: \(tally.timeReversals) packets have earlier times than one before them"
            warnings.append(("time-reversal", message))
        }
        if tally.flowsEvicted > 0 {
            let count = Wording.count(Int(tally.flowsEvicted), "flow")
            warnings.append(
                ("flows-evicted", "\(count) were dropped to make room for newer ones (--max-flows)")
            )
        }
        if tally.streamsRefused > 0 {
            let count = Wording.count(Int(tally.streamsRefused), "connection")
            let message = "details of \(count) that ended abnormally were dropped (limit reached)"
            warnings.append(("conversations-refused", message))
        }
        if tally.resetReasonsRefused > 0 {
            let count = Wording.count(Int(tally.resetReasonsRefused), "RST")
            let message = "the stated reason of \(count) was dropped (limit reached)"
            warnings.append(("reset-reasons-refused", message))
        }
        if tally.eventsRefused > 0 {
            let count = Wording.count(Int(tally.eventsRefused), "event")
            warnings.append(
                ("events-refused", "\(count) were dropped (limit reached; --max-flows)")
            )
        }
        if tally.encapsulationsRefused > 0 || encapsulations.refused > 0 {
            let count = Wording.count(
                Int(tally.encapsulationsRefused &+ encapsulations.refused),
                "packet"
            )
            let message = "\(count) in VLANs or tunnels beyond the limit"
            warnings.append(("contexts-refused", message))
        }
        if tally.handshakesOmitted > 0 {
            let count = Wording.count(Int(tally.handshakesOmitted), "more connection")
            warnings.append(
                ("handshakes-omitted", "\(count) are not in the list of flows (limit reached)")
            )
        }
        if tally.unattachedICMPErrors > 0 {
            let count = Wording.count(Int(tally.unattachedICMPErrors), "ICMP error")
            warnings.append(
                ("unattached-icmp", "\(count) about connections that were not captured")
            )
        }
        return warnings
    }
}

extension Report {
    /// Name at most this many translations.
    private static let namedTranslations = 2

    /// A sentence on connections that were captured on both sides of an address translation; `nil`
    /// where there are none.
    private static func translated(_ pairs: [Translations.Pair]) -> String? {
        guard !pairs.isEmpty else { return nil }
        var changes: [String: Int] = [:]
        for pair in pairs { changes[change(in: pair), default: 0] += 1 }
        let usual = changes.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
        let verb = pairs.count == 1 ? "was" : "were"
        let rest = usual.count - namedTranslations
        let more = rest > 0 ? ", and \(rest) more" : ""
        return """
            \(Wording.count(pairs.count, "connection")) \(verb) captured on both sides of an address translation and counted \
            once: \(usual.prefix(namedTranslations).joined(separator: ", "))\(more)
            """
    }

    private static func change(in pair: Translations.Pair) -> String {
        var changes: [String] = []
        if pair.initiator.address != pair.translatedInitiator.address {
            changes.append("\(pair.initiator.address) becomes \(pair.translatedInitiator.address)")
        }
        if pair.responder != pair.translatedResponder {
            changes.append("\(pair.responder) becomes \(pair.translatedResponder)")
        }
        if changes.isEmpty { changes = ["the source port of \(pair.initiator.address) changes"] }
        let device =
            pair.isByCapturer
            ? "on the capturing host" : pair.card.map { "at the card \($0)" } ?? "on the way"
        return "\(Wording.list(changes)) \(device)"
    }
}

extension Incident {
    /// Whether any of its findings was made in spite of damage in the capture.
    fileprivate var isOfDamagedCapture: Bool {
        chain.contains { $0.finding.guards.contains(.damagedCapture) }
    }
}
