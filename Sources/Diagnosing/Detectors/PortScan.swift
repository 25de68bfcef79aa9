import Tracking

/// Speaks when one host tries many ports, or many hosts, in search of one that answers.
package struct PortScan: Detector {
    package static let manual = Manual(
        id: "port-scan",
        title: "port scan",
        group: .network,
        sees: """
            Within 10 s one host tried 20 ports of another host, or the same port of 50 hosts, without sending \
            any data. At least 70 % of the tries were refused, unanswered, or reset by the host that made them. \
            Or within 10 min it tried 50 hosts on at most four ports, each at most twice (slow). Or at any speed \
            50 ports of one host, of which 90 % were closed. Or at any speed one port of 100 hosts, each at most \
            twice, of which 90 % were closed (sweep). None of them had let it in before.
            """,
        means: """
            A scanner, an inventory or monitoring tool, or a worm is looking for services. The refusals are what \
            a scan meets, not trouble of any connection.
            """,
        unless: """
            A client that lost its servers tries the same few ports again and again, and retransmits its SYNs. A \
            monitor of a hundred hosts whose own network is cut off looks like a sweep. \
            Peers of a file-sharing network fail at many ports of many hosts, which is neither one host nor one \
            port.
            """,
        check:
            "On the host that tries, the process behind it: ss -tanp, or the audit log's connect records.",
        elsewhere: """
            Zeek: Scan::Port_Scan, Scan::Address_Scan.
            """,
        sources: [.rfc(9293, section: "3.10.7")],
        example: Exchange(to: "198.51.100.20:1") {
            for port: UInt16 in 1...24 {
                client.syn(seq: 5000).between(clientPort: 40_000 + port, serverPort: port).flagged
                server.rstAck(ack: 5001).between(clientPort: 40_000 + port, serverPort: port)
            }
        },
        nearMiss: Exchange(to: "198.51.100.20:1") {
            for port: UInt16 in 1...24 {
                client.syn(seq: 5000).between(clientPort: 40_000 + port, serverPort: 1 + port % 4)
                server.rstAck(ack: 5001).between(
                    clientPort: 40_000 + port,
                    serverPort: 1 + port % 4
                )
            }
        }
    )

    /// In nanoseconds.
    private static let window: Int64 = 10_000_000_000
    /// Of a hundred targets, so many let nobody in.
    private static let leastClosed = 70
    /// Of a hundred tries of one port at many hosts, at most so many send their SYN again.
    private static let mostPersistent = 30

    /// Of a hundred tries, so many are of targets that were not tried before.
    private static let leastNews = 40

    package static let explainsPayloadlessFlows = true

    package static let needs: Signals? = nil

    package static func blame(for finding: Finding) -> [FaultSide] {
        [.client]
    }

    package init() {}

    package func examine(_ survey: Survey) -> [Finding] {
        survey.aggregates.scanCounters.compactMap { scanCounter in
            guard let scan = scan(in: scanCounter, by: survey.capture.thresholds) else {
                return nil
            }
            if scan.kind == .sweep, let port = scan.port,
                isServed(scanCounter.initiator, on: port, in: survey)
            {
                return nil
            }
            return finding(on: scanCounter, scan, in: survey)
        }
    }

    /// The kind of scan, at the first window that shows one.
    private func scan(in scanCounter: ScanCounter, by thresholds: Thresholds) -> Scan? {
        let probes = scanCounter.probes
        let leastPorts = Int(thresholds.scannedPorts)
        let leastHosts = Int(thresholds.scannedHosts)
        // Who comes back to the same targets checks on them.
        let targets = Set(probes.map(\.target)).count
        guard probes.count >= min(leastPorts, leastHosts),
            targets * 100 >= probes.count * Self.leastNews
        else { return nil }
        var counts = TargetCounts()
        var start = 0
        for probe in probes {
            counts.add(probe)
            while probe.time - probes[start].time > Self.window {
                counts.remove(probes[start])
                start += 1
            }
            guard counts.closed * 100 >= counts.total * Self.leastClosed else { continue }
            if counts.ports(of: probe.target.address) >= leastPorts {
                return Scan(kind: .ports, host: probe.target.address, port: nil)
            }
            let isPatient = counts.persistent * 100 > counts.total * Self.mostPersistent
            if counts.hosts(with: probe.target.port) >= leastHosts, !isPatient {
                return Scan(kind: .hosts, host: nil, port: probe.target.port)
            }
        }
        return slowSweep(of: probes, hosts: leastHosts)
            ?? slowScan(of: probes, ports: leastHosts)
            ?? wideSweep(of: probes, hosts: Self.wideness * leastHosts)
    }

    /// So many times more hosts than those of other scans are no client's servers.
    private static let wideness = 2

    /// One port of very many hosts, whose stack sends its SYNs again: a worm, or a peer in search
    /// of others.
    private func wideSweep(of all: [ScanCounter.Probe], hosts leastHosts: Int) -> Scan? {
        guard all.count >= leastHosts else { return nil }
        let ports = Dictionary(grouping: all, by: \.target.port)
        let closed = ports.mapValues { $0.count { $0.outcome != .open } }
        guard
            let (port, failed) = closed.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }),
            let probes = ports[port]
        else { return nil }
        let hosts = Set(probes.map(\.target.address)).count
        // Where all other ports fail as well, its network is cut off.
        let others = all.count - probes.count
        let isAlone =
            probes.count * 100 >= all.count * Self.mostlyClosed
            || (closed.values.reduce(0, +) - failed) * 2 < others
        guard hosts >= leastHosts, Self.connections(of: probes) <= Self.mostTries * hosts,
            isAlone, failed * 100 >= probes.count * Self.mostlyClosed
        else { return nil }
        return Scan(kind: .sweep, host: nil, port: port)
    }

    /// How many connections tries belong to, of which a refused one may be tried again on the same
    /// ports.
    private static func connections(of probes: [ScanCounter.Probe]) -> Int {
        Dictionary(grouping: probes, by: \.target).values.reduce(0) {
            $0 + Set($1.map(\.sourcePort)).count
        }
    }

    /// Whether an initiator was served by more than a few of those that it tried.
    private func isServed(_ initiator: Address, on port: UInt16, in survey: Survey) -> Bool {
        let outcomes = survey.capture.outcomes
        let own = outcomes.attempts(on: port).filter { $0.initiator == initiator }
        let served = own.count { $0.outcome == .served }
        return served * 100 > own.count * (100 - Self.mostlyClosed)
    }

    /// Of a hundred tries of one host at any speed, so many are of closed ports.
    private static let mostlyClosed = 90

    /// A scan of one host that takes its time, each port at most twice.
    private func slowScan(
        of probes: [ScanCounter.Probe],
        ports leastPorts: Int
    ) -> Scan? {
        guard let host = probes.first?.target.address,
            probes.allSatisfy({ $0.target.address == host }),
            Set(probes.map(\.target.port)).count >= leastPorts,
            probes.count <= Self.mostTries * Set(probes.map(\.target.port)).count,
            probes.count(where: { $0.outcome != .open }) * 100 >= probes.count * Self.mostlyClosed
        else { return nil }
        return Scan(kind: .ports, host: host, port: nil)
    }

    /// In nanoseconds.
    private static let slowWindow: Int64 = 600_000_000_000
    /// A sweep is of so few ports, and tries each target so often at most.
    private static let mostPorts = 4
    private static let mostTries = 2

    /// A sweep that takes its time: a monitor in an outage comes back to what served it before.
    private func slowSweep(of probes: [ScanCounter.Probe], hosts leastHosts: Int) -> Scan? {
        var tries: [Endpoint: Int] = [:]
        for probe in probes { tries[probe.target, default: 0] += 1 }
        let ports = Set(probes.map(\.target.port))
        guard ports.count <= Self.mostPorts, let first = probes.first, let last = probes.last,
            last.time - first.time <= Self.slowWindow,
            Set(probes.map(\.target.address)).count >= leastHosts,
            tries.values.allSatisfy({ $0 <= Self.mostTries }),
            probes.count(where: { $0.outcome != .open }) * 100 >= probes.count * Self.leastClosed,
            probes.count(where: \.isPersistent) * 100 <= probes.count * Self.mostPersistent
        else { return nil }
        return Scan(kind: .slow, host: nil, port: ports.count == 1 ? ports.first : nil)
    }

    private func finding(on scanCounter: ScanCounter, _ scan: Scan, in survey: Survey) -> Finding {
        let first = scanCounter.probes.first?.time ?? survey.capture.begin
        let last = scanCounter.probes.last?.time ?? first
        let hosts = Set(scanCounter.probes.map(\.target.address))
        let isOdd = scanCounter.probes.contains(where: \.isOdd)
        let what = targets(of: scanCounter, scan, hosts)
        return finding(
            in: survey,
            reason: scan.kind.rawValue,
            // A crawler or a mail relay fails at many hosts too, beside its successes.
            severity: scan.kind == .ports || scan.kind == .sweep ? .warning : .note,
            confidence: scan.kind == .ports ? .high : .medium,
            status: scan.kind == .sweep && survey.capture.holdsSYNsAlone ? .pending : .confirmed,
            subject: Subject(
                initiator: scanCounter.initiator,
                responder: hosts.count == 1 ? hosts.first : nil,
                encapsulation: scanCounter.examples.first?.event.encapsulation ?? .plain
            ),
            summary: "\(scanCounter.initiator) tried \(what) in \(Wording.duration(last - first)).",
            explanation: outcomes(of: scanCounter)
                + (isOdd ? " Some probes had flags that never begin a connection." : "")
                + (scan.kind == .sweep ? Self.search : ""),
            count: scanCounter.count,
            flows: scanCounter.count,
            headline: scan.kind == .sweep
                ? "\(scanCounter.initiator) sweeps \(what)"
                : "\(scanCounter.initiator) scans \(what)",
            metrics: [
                Metric("probes", scanCounter.count),
                Metric("ports", scanCounter.portCount),
                Metric("hosts", hosts.count),
                Metric("span_us", nanoseconds: last - first),
            ],
            evidence: scanCounter.examples.map { example in
                let source = Endpoint(scanCounter.initiator, port: example.sourcePort)
                return Evidence(
                    event: example.event,
                    isFromInitiator: true,
                    ends: Evidence.Ends(source: source, destination: example.target),
                    errorSender: .other,
                    note: "tries \(example.target)"
                )
            },
            proofCount: scanCounter.count,
            causes: scan.kind == .sweep
                ? ["worm", "peer-to-peer", "network-cut-off"] : ["scanner", "monitoring"],
            checks: [
                Check(
                    on: scanCounter.initiator.description,
                    "ss -tanp",
                    "Names the process that opens all these connections."
                )
            ],
            firstSeen: first,
            lastSeen: last,
            isEstablished: false
        )
    }

    /// `port 22 of 60 hosts`.
    private func targets(
        of scanCounter: ScanCounter,
        _ scan: Scan,
        _ hosts: Set<Address>
    ) -> String {
        let host = hosts.count == 1 ? hosts.first?.description : nil
        let all = host ?? "\(hosts.count) hosts"
        guard let port = scan.port else { return "\(scanCounter.portCount) ports of \(all)" }
        return "port \(port) of \(all)"
    }

    private func outcomes(of scanCounter: ScanCounter) -> String {
        func count(_ outcome: ScanCounter.Outcome) -> Int {
            scanCounter.probes.count { $0.outcome == outcome }
        }
        let parts = [
            (count(.refused), "were refused"), (count(.unanswered), "got no answer"),
            (count(.rejected), "were rejected by a firewall"), (count(.open), "were open"),
        ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        let of =
            scanCounter.omitted > 0
            ? "Of the first \(scanCounter.probes.count) tries" : "Of \(scanCounter.count) tries"
        return "\(of) \(Wording.list(parts)).\(open(in: scanCounter.probes))"
    }

    /// The ports that were open, as a sentence.
    private func open(in probes: [ScanCounter.Probe]) -> String {
        let open = Set(probes.filter { $0.outcome == .open }.map(\.target)).sorted()
        guard !open.isEmpty else { return "" }
        guard Set(probes.map(\.target.address)).count == 1 else {
            return " Open: \(Wording.list(open.map(\.description)))."
        }
        let ports = Wording.list(open.map { String($0.port) })
        return " Open: port\(open.count == 1 ? "" : "s") \(ports)."
    }

    private static let search = """
         Worms and peers of file sharing look for others like this. If these are its servers, its own network is cut off.
        """

    private struct Scan {
        enum Kind: String {
            case ports, hosts, slow, sweep
        }

        let kind: Kind
        let host: Address?
        let port: UInt16?
    }
}

/// The tries within a window: how many ports of each host, how many hosts with each port.
private struct TargetCounts {
    private var tries: [Endpoint: Int] = [:]
    private var portsOfHost: [Address: Int] = [:]
    private var hostsOfPort: [UInt16: Int] = [:]
    private(set) var total = 0
    private(set) var closed = 0
    private(set) var persistent = 0

    func ports(of host: Address) -> Int { portsOfHost[host] ?? 0 }
    func hosts(with port: UInt16) -> Int { hostsOfPort[port] ?? 0 }

    mutating func add(_ probe: ScanCounter.Probe) {
        count(probe, 1)
        if tries[probe.target, default: 0] == 0 {
            portsOfHost[probe.target.address, default: 0] += 1
            hostsOfPort[probe.target.port, default: 0] += 1
        }
        tries[probe.target, default: 0] += 1
    }

    mutating func remove(_ probe: ScanCounter.Probe) {
        count(probe, -1)
        tries[probe.target, default: 1] -= 1
        if tries[probe.target] == 0 {
            portsOfHost[probe.target.address, default: 1] -= 1
            hostsOfPort[probe.target.port, default: 1] -= 1
        }
    }

    private mutating func count(_ probe: ScanCounter.Probe, _ step: Int) {
        total += step
        if probe.outcome != .open { closed += step }
        if probe.isPersistent { persistent += step }
    }
}
