import Diagnosing
import Testing
import Tracking

/// Whatever both ends say and in whichever order they close: one connection has one story.
@Suite struct `The end of a TLS session` {
    private static let stories: Set<String> = [
        "tls-handshake-reset", "tls-alert", "tls-premature-close", "tls-one-sided-close",
    ]

    private func step(_ party: Party, isNew: Bool, _ random: inout SplitMix64) -> ScriptStep {
        let alert = isNew ? ScriptRecord.applicationData(19) : .encryptedAlert(26)
        switch Int.random(in: 0...9, using: &random) {
        case 0...2: return party.tls(.applicationData(Int.random(in: 20...900, using: &random)))
        case 3...4: return party.tls(alert)
        case 5: return party.tls(.alert(level: 2, code: 80))
        case 6: return party.fin()
        case 7: return party.reset()
        case 8: return party.data([UInt8]("HELLO".utf8))
        default: return party.ack()
        }
    }

    private func exchange(seed: UInt64) -> Exchange {
        var random = SplitMix64(seed: seed)
        let isNew = Bool.random(using: &random)
        let opening = isNew ? ScriptOpening.tls13 : ScriptOpening.tls12
        let kept = Int.random(in: 4...opening.count, using: &random)
        let steps = (0..<Int.random(in: 1...8, using: &random)).map { _ in
            let party = Bool.random(using: &random) ? client : server
            let wait = Bool.random(using: &random) ? Duration.milliseconds(1) : .seconds(3)
            return step(party, isNew: isNew, &random).after(wait)
        }
        return Exchange(
            from: "192.0.2.10:50000",
            to: "198.51.100.20:1556",
            steps: opening.prefix(kept) + steps
        )
    }

    @Test(arguments: 0..<600 as Range<UInt64>)
    func `is told but once`(seed: UInt64) throws {
        let found = try findings(in: exchange(seed: seed))

        let told = found.filter { Self.stories.contains($0.pathology) }
        #expect(told.count <= 1, "\(told.map(\.summary))")
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `is the same from any sequence number on`(seed: UInt64) throws {
        let exchange = exchange(seed: seed)

        let found = try findings(in: exchange)
        let shifted = try findings(in: exchange.shifted(by: 0x9000_0000))

        #expect(found.map(\.pathology) == shifted.map(\.pathology))
        #expect(found.map(\.reason) == shifted.map(\.reason))
        #expect(found.map(\.packets) == shifted.map(\.packets))
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `is not told of what the capture lost`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let healthy = [Healthy.tls12, Healthy.tls13, Healthy.tlsCheck, Healthy.startTLS]
        var frames = healthy[Int(seed % 4)].frames
        let said = 3..<frames.count
        frames.remove(at: Int.random(in: said, using: &random))
        if Bool.random(using: &random) {
            frames.remove(at: Int.random(in: 3..<frames.count, using: &random))
        }

        let found = try findings(in: frames).filter { $0.pathology.hasPrefix("tls") }

        #expect(found.allSatisfy { $0.severity < .warning }, "\(found.map(\.summary))")
    }
}
