import Diagnosing
import Reporting
import Tracking

/// What a live analysis says, and to whom.
extension LiveSession {
    var events: EventJSON {
        EventJSON(
            hasNanoseconds: reader.hasNanoseconds,
            inputs: [],
            services: incremental.serviceNames,
            encapsulations: totals.encapsulations,
            sensor: options.sensor,
            interface: reader.names.count == 1 && !reader.isPipe ? reader.names[0] : nil
        )
    }

    mutating func say(_ statements: [IncidentNotifier.Statement]) {
        guard !statements.isEmpty else { return }
        let events = self.events
        let wall = time
        for statement in statements {
            sinks.note(statement, at: wall)
            send(events) { $0.event(of: statement) }
            terminal?.show(statement, at: wall)
        }
    }

    /// Sends an event, and gives it its number.
    ///
    /// - Parameters:
    ///   - events: what events are made with.
    ///   - make: makes it, once somebody wants it.
    mutating func send(_ events: EventJSON? = nil, _ make: (EventJSON) -> JSONValue) {
        guard !outputs.isEmpty else { return }
        var events = events ?? self.events
        sequence += 1
        events.stamp = EventJSON.Stamp(time: Clocks.wall, sequence: sequence)
        events.form = options.form
        let line = make(events).line
        for output in outputs {
            if let deadline { output.waitForRoom(for: line.count, until: deadline) }
            output.write(line: line)
        }
    }

    mutating func sendStatistics(at now: Int64) {
        statistics = counted(since: statistics, at: now)
        let statistics = self.statistics
        send { $0.stats(statistics) }
    }

    func counted(since last: LiveStatistics, at now: Int64) -> LiveStatistics {
        let totals = self.totals
        let tally = totals.tally
        var statistics = LiveStatistics()
        statistics.time = Clocks.wall
        statistics.uptime = now - begin
        statistics.interval = max(1, statistics.uptime - last.uptime)
        statistics.packets = tally.packets
        statistics.octets = tally.octets
        statistics.segments = tally.segments
        statistics.newPackets = tally.packets &- last.packets
        statistics.drops = drops
        statistics.interfaces = links.map { ($0.name, $0.drops) }
        statistics.flows = tally.flows
        statistics.flowsTracked = totals.flowCount
        statistics.flowsEvicted = tally.flowsEvicted
        statistics.changesRefused = totals.changesRefused &+ incremental.changesIgnored
        statistics.incidents = incidents.count
        for link in incidents.flatMap(\.chain) {
            statistics.findings[link.finding.severity, default: 0] += 1
        }
        statistics.outputs = allOutputs.map { output in
            let counts = output.statistics
            return (output.name, counts.written, counts.dropped, counts.errors)
        }
        return statistics
    }

    /// Packets that were dropped on all interfaces together.
    var drops: LiveDrops {
        links.reduce(into: LiveDrops()) {
            $0.byKernel &+= $1.drops.byKernel
            $0.byInterface &+= $1.drops.byInterface
        }
    }

    /// Says how it stands, and goes on.
    mutating func summarize() {
        let now = Clocks.monotonic
        if terminal != nil {
            let report = report(incidents, tally: tracker.tallySoFar(), incremental.serviceNames)
            terminal?.show(report)
        }
        guard !outputs.isEmpty else { return }
        let events = self.events
        for incident in incidents {
            for link in incident.chain { send(events) { $0.finding(link, of: incident) } }
            send(events) { $0.incident(incident) }
        }
        sendStatistics(at: now)
    }

    func report(
        _ incidents: [Incident],
        tally: Tally,
        _ services: ServiceNames
    ) -> Report {
        let selection = options.selection
        let all = incidents + closed.filter { old in !incidents.contains { $0.id == old.id } }
        var report = Report(
            inputs: [input],
            tally: tally,
            incidents: all.sorted { $0.severity > $1.severity },
            services: services,
            oneWayInitiators: totals.oneWayInitiators.sorted(),
            isSelective: !selection.only.isEmpty || !selection.ignored.isEmpty
                || selection.leastSeverity > .note || !remarks.isEmpty
        )
        report.encapsulations = totals.encapsulations
        report.remarks = remarks
        report.hostNames = terminal?.hosts ?? HostNames()
        return report
    }

    /// The incidents that are to be reported, as the configuration has them; what is said of the
    /// others is remembered for the report.
    mutating func configured(_ all: [Incident]) -> [Incident] {
        guard !options.configuration.isEmpty else { return all }
        let (incidents, remarks) = options.configuration.applied(to: all)
        self.remarks = remarks
        return incidents
    }
}

extension InputSummary {
    /// Takes down the packets of a round.
    mutating func note(_ frames: borrowing LiveFrames) {
        packets = frames.total
        lastNumber = frames.total
        numbers = packets > 0 ? 1...packets : nil
        guard let times = frames.window else { return }
        let (first, last) = (times.lowerBound, times.upperBound)
        window = window.map { min($0.lowerBound, first)...max($0.upperBound, last) } ?? times
    }

    /// Takes over what was learnt of the input meanwhile, but not its packets.
    mutating func refresh(_ summary: InputSummary) {
        var summary = summary
        (summary.packets, summary.lastNumber) = (packets, lastNumber)
        (summary.numbers, summary.window) = (numbers, window)
        self = summary
    }
}

extension EventJSON {
    fileprivate func event(of statement: IncidentNotifier.Statement) -> JSONValue {
        switch statement {
        case .finding(let link, let incident): finding(link, of: incident)
        case .withdrawnFinding(let link, let incident): withdrawn(link, of: incident)
        case .incident(let incident, _): self.incident(incident)
        case .withdrawnIncident(let incident): ended(incident, isWithdrawn: true)
        case .closedIncident(let incident): ended(incident, isWithdrawn: false)
        }
    }
}

extension TerminalView {
    /// Writes the whole report.
    mutating func show(_ report: Report) { show(TextReport(report, style: style).text) }

    /// Writes the report that ends the analysis; on a terminal, for as long as it takes.
    ///
    /// - Parameters:
    ///   - report: what it all came to.
    ///   - deadline: when a reader who is no person has had time enough.
    mutating func finish(with report: Report, by deadline: ContinuousClock.Instant) {
        // A second signal ends it all the same.
        if isOnTerminal { Signals.restoreDefault() }
        let text = Array(TextReport(report, style: style).text.utf8)
        statusLine?.erase()
        output.waitForRoom(for: text.count, until: isOnTerminal ? .now + Self.longWait : deadline)
        output.write(line: text)
    }

    /// Waits until all that was shown is written.
    func close(by deadline: ContinuousClock.Instant) {
        output.close(by: isOnTerminal ? .now + Self.longWait : deadline)
        output.join()
    }
}
