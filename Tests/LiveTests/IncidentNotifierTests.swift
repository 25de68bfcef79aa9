import Diagnosing
import Reporting
import Testing
import Tracking

@testable import Live

@Suite struct `What is said of incidents` {
    private static let second: Int64 = 1_000_000_000

    /// The incidents of a server that refuses `count` connections, and then serves others.
    private func incidents(refusing count: Int, serving served: Int = 0) throws -> [Incident] {
        let connections = (0..<count).map { number in
            Exchange(from: "192.0.2.1:\(50_000 + number)", to: "198.51.100.2:80") {
                pause(.milliseconds(10 * Int64(number)))
                client.syn(seq: 1000)
                server.rstAck(ack: 1001)
            }
        }
        let others = (0..<served).map { number in
            Exchange(from: "192.0.2.1:\(60_000 + number)", to: "198.51.100.2:80") {
                pause(.seconds(1))
                client.syn(seq: 1000)
                server.synAck(seq: 5000, ack: 1001)
                client.ack(seq: 1001, ack: 5001)
                client.data(seq: 1001, ack: 5001, length: 100)
                server.data(seq: 5001, ack: 1101, length: 100)
            }
        }
        let frames = (connections + others).flatMap(\.frames).sorted { $0.time < $1.time }
        return Diagnosis(of: try TrackedCapture(of: frames)).incidents
    }

    /// Statements as words: what, and how often it happened.
    private func words(_ statements: [IncidentNotifier.Statement]) -> [String] {
        statements.map { statement in
            switch statement {
            case .finding(let link, _): "finding ×\(link.finding.count)"
            case .withdrawnFinding(let link, _): "withdrawn ×\(link.finding.count)"
            case .incident(let incident, let isNew):
                "\(isNew ? "new" : "known") incident of \(incident.flows)"
            case .withdrawnIncident: "withdrawn incident"
            case .closedIncident: "closed incident"
            }
        }
    }

    @Test func `is said once`() throws {
        let incidents = try incidents(refusing: 1)
        var notifier = IncidentNotifier()

        let first = notifier.update(incidents, at: 0)
        let later = (1...100).flatMap {
            notifier.update(incidents, at: Int64($0) * Self.second)
        }

        #expect(words(first) == ["finding ×1", "new incident of 1"])
        #expect(words(later) == [])
    }

    @Test
    func `is said again when it grew, under the same id, and not more often than every second`()
        throws
    {
        let stages = try (1...3).map { try incidents(refusing: $0) }
        var notifier = IncidentNotifier()

        let first = notifier.update(stages[0], at: 0)
        let soon = notifier.update(stages[1], at: Self.second / 2)
        let later = notifier.update(stages[2], at: Self.second)

        #expect(words(first) == ["finding ×1", "new incident of 1"])
        #expect(words(soon) == [])
        #expect(words(later) == ["finding ×3", "known incident of 3"])
        #expect(stages[0].map(\.id) == stages[2].map(\.id))
        #expect(stages[0][0].chain.map(\.id) == stages[2][0].chain.map(\.id))
    }

    @Test func `is said at widening intervals while it grows`() throws {
        let stages = try (1...10).map { try incidents(refusing: $0) }
        var notifier = IncidentNotifier()
        var seconds: [Int64] = []

        for second in 0..<150 {
            let said = notifier.update(stages[seconds.count], at: Int64(second) * Self.second)
            if !said.isEmpty { seconds.append(Int64(second)) }
        }

        #expect(seconds == [0, 1, 3, 7, 15, 31, 63, 123])
    }

    @Test func `shows each packet that proves it once`() throws {
        let stages = try (1...4).map { try incidents(refusing: $0) }
        var notifier = IncidentNotifier()
        var shown: [UInt64] = []
        var omitted: [Int] = []

        for (stage, incidents) in stages.enumerated() {
            for case .finding(let link, _) in notifier.update(
                incidents,
                at: Int64(stage) * 10 * Self.second
            ) {
                shown += link.finding.evidence.map(\.event.packet)
                omitted.append(link.finding.evidenceOmitted)
            }
        }

        #expect(shown.count == Set(shown).count)
        #expect(Set(shown) == Set(stages[3][0].root.evidence.map(\.event.packet)))
        #expect(omitted.count == 4)
    }

    @Test func `is said to have recovered, and then to be over`() throws {
        let failing = try incidents(refusing: 3)
        let recovered = try incidents(refusing: 3, serving: 2)
        var notifier = IncidentNotifier()

        _ = notifier.update(failing, at: 0)
        let then = notifier.update(recovered, at: 2 * Self.second)
        let over = notifier.close(recovered)

        #expect(failing.map(\.state) == [.ongoing])
        #expect(recovered.map(\.state) == [.recovered])
        #expect(words(then).last == "known incident of 3")
        #expect(words(over) == ["closed incident"])
    }

    @Test func `is taken back when it no longer holds`() throws {
        let incidents = try incidents(refusing: 2)
        var notifier = IncidentNotifier()

        _ = notifier.update(incidents, at: 0)
        let then = notifier.update([], at: 5 * Self.second)
        let again = notifier.update([], at: 6 * Self.second)

        #expect(words(then) == ["withdrawn ×2", "withdrawn incident"])
        #expect(words(again) == [])
    }

    @Test func `is over when it was quiet for long, and may begin anew`() throws {
        let incidents = try incidents(refusing: 1)
        var notifier = IncidentNotifier()

        _ = notifier.update(incidents, at: 0)
        let over = notifier.close(incidents)
        let none = notifier.update([], at: 700 * Self.second)
        let anew = notifier.update(incidents, at: 800 * Self.second)

        #expect(words(over) == ["closed incident"])
        #expect(words(none) == [])
        #expect(words(anew) == ["finding ×1", "new incident of 1"])
    }

    @Test func `is completed at the end by what grew since`() throws {
        let stages = try (1...2).map { try incidents(refusing: $0) }
        var notifier = IncidentNotifier()

        _ = notifier.update(stages[0], at: 0)
        let end = notifier.finish(stages[1], at: Self.second / 10)

        #expect(words(end) == ["finding ×2", "known incident of 2"])
    }

    @Test func `waits while nothing of it is settled`() throws {
        let exchange = Exchange(from: "192.0.2.1:50000", to: "198.51.100.2:80") {
            client.syn(seq: 1000)
            pause(.seconds(1))
            client.syn(seq: 1000)
        }
        let pending = Diagnosis(of: try TrackedCapture(of: exchange.frames)).incidents
        var notifier = IncidentNotifier()

        let first = notifier.update(pending, at: 0)
        let soon = notifier.update(pending, at: Self.second / 2)
        let later = notifier.update(pending, at: Self.second)

        #expect(pending.first?.root.status == .pending)
        #expect(words(first) == [])
        #expect(words(soon) == [])
        #expect(words(later) == ["finding ×1", "new incident of 1"])
    }
}
