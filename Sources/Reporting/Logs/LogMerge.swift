import Diagnosing
import Tracking

/// Which entries of which logs stand beside which incidents.
package struct LogMerge: Sendable {
    /// An entry that names nobody stands beside an incident if it is within so much of it, in
    /// nanoseconds.
    package static let slack: Int64 = 5_000_000_000
    /// One that names both ends of a flow may be so far from its packets, in nanoseconds.
    static let flowSlack: Int64 = 300_000_000_000
    /// As many entries stand beside one incident.
    private static let limit = 1000

    /// An entry, and beside what it stands.
    package struct PlacedEntry: Hashable, Sendable {
        /// Its index in `logs.entries`.
        package let entry: Int
        /// The flow among the incident's histories; `nil` where it shows none.
        package let history: Int?
        package let tie: Tie
    }

    /// What ties an entry to an incident, from the strongest.
    package enum Tie: String, Sendable {
        /// It names both ends.
        case flow
        /// It names one end with its port, and no other.
        case end
        /// It names a host.
        case host
        /// It names nobody: only its time is right.
        case time
    }

    package let logs: Logs
    /// By the incident's index in the report; in order of time.
    package private(set) var placed: [Int: [PlacedEntry]] = [:]
    /// How many more entries belong beside an incident.
    package private(set) var omitted: [Int: Int] = [:]

    package init(_ logs: Logs, _ incidents: [Incident]) {
        self.logs = logs
        let parties = Parties(incidents)
        var nameless: [Int] = []
        for (index, entry) in logs.entries.enumerated() {
            let matches = parties.matches(of: entry)
            for match in matches {
                add(
                    PlacedEntry(entry: index, history: match.history, tie: match.tie),
                    to: match.incident
                )
            }
            // Whoever names other connections does not speak of these incidents.
            if matches.isEmpty, entry.ends.endpoints.isEmpty { nameless.append(index) }
        }
        for (position, incident) in incidents.enumerated() {
            let span = Span(incident.firstSeen, incident.lastSeen).widened(by: Self.slack)
            let start = nameless.partition { logs.entries[$0].time >= span.first }
            for index in nameless[start...] {
                let time = logs.entries[index].time
                guard time <= span.last else { break }
                let history = incident.histories.firstIndex {
                    Span($0).widened(by: Self.slack).contains(time)
                }
                let shown = history ?? (incident.histories.isEmpty ? nil : 0)
                add(PlacedEntry(entry: index, history: shown, tie: .time), to: position)
            }
            placed[position]?.sort { $0.entry < $1.entry }
        }
    }

    private mutating func add(_ entry: PlacedEntry, to incident: Int) {
        if placed[incident]?.count ?? 0 < Self.limit {
            placed[incident, default: []].append(entry)
        } else {
            omitted[incident, default: 0] += 1
        }
    }

    /// The entries beside one flow of an incident, or beside none of them.
    func entries(ofIncident incident: Int, history: Int?) -> [LogEntry] {
        (placed[incident] ?? []).filter { $0.history == history }.map { logs.entries[$0.entry] }
    }

    /// How many entries of a log stand beside incidents.
    func shown(ofLog log: Int) -> Int {
        Set(placed.values.joined().map(\.entry)).count { logs.entries[$0].log == log }
    }
}

/// From one time to another, in nanoseconds since 1970.
private struct Span {
    let first: Int64
    let last: Int64

    init(_ first: Int64, _ last: Int64) {
        self.first = first
        self.last = last
    }

    init(_ history: History) {
        self.init(history.events.first?.time ?? history.lastTime, history.lastTime)
    }

    func widened(by slack: Int64) -> Span { Span(first &- slack, last &+ slack) }

    func contains(_ time: Int64) -> Bool { first <= time && time <= last }
}

/// Who takes part in the flows that the incidents show.
private struct Parties {
    private struct Flow {
        let incident: Int
        let history: Int
        let initiator: Endpoint
        let responder: Endpoint
        let span: Span
    }

    private var flows: [Flow] = []
    private var byEndpoint: [Endpoint: [Int]] = [:]
    private var byAddress: [Address: [Int]] = [:]

    init(_ incidents: [Incident]) {
        for (position, incident) in incidents.enumerated() {
            for (index, history) in incident.histories.enumerated() {
                let flow = Flow(
                    incident: position,
                    history: index,
                    initiator: history.initiator,
                    responder: history.responder,
                    span: Span(history)
                )
                for end in [flow.initiator, flow.responder] {
                    byEndpoint[end, default: []].append(flows.count)
                    byAddress[end.address, default: []].append(flows.count)
                }
                flows.append(flow)
            }
        }
    }

    /// The flows that an entry names, by as strong a tie as there is; one of each incident.
    func matches(of entry: LogEntry) -> [(incident: Int, history: Int, tie: LogMerge.Tie)] {
        let ends = entry.ends
        let named = ends.endpoints.flatMap { byEndpoint[$0] ?? [] }
        let whole = named.filter { flow in
            ends.endpoints.contains(flows[flow].initiator)
                && ends.endpoints.contains(flows[flow].responder)
        }
        if !whole.isEmpty { return first(whole, .flow, entry.time, within: LogMerge.flowSlack) }
        if !ends.endpoints.isEmpty {
            guard ends.endpoints.count == 1 else { return [] }
            return first(named, .end, entry.time, within: LogMerge.slack)
        }
        let hosts = ends.addresses.flatMap { byAddress[$0] ?? [] }
        return first(hosts, .host, entry.time, within: LogMerge.slack)
    }

    private func first(
        _ candidates: [Int],
        _ tie: LogMerge.Tie,
        _ time: Int64,
        within slack: Int64
    ) -> [(incident: Int, history: Int, tie: LogMerge.Tie)] {
        var incidents: Set<Int> = []
        return candidates.compactMap { index in
            let flow = flows[index]
            guard flow.span.widened(by: slack).contains(time),
                incidents.insert(flow.incident).inserted
            else { return nil }
            return (flow.incident, flow.history, tie)
        }
    }
}

extension [Int] {
    /// The first index from which on all elements satisfy `isBehind`, where they are so ordered.
    fileprivate func partition(_ isBehind: (Int) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if isBehind(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
