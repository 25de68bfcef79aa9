import Diagnosing
import Testing
import Tracking

/// The numbers that a configuration can set.
@Suite struct `A threshold` {
    private static let names = Threshold.all.map(\.name)
    private static let judged = Set(Threshold.all.map(\.pathology)).sorted()

    private func threshold(_ name: String) throws -> Threshold {
        try #require(Threshold.all.first { $0.name == name })
    }

    private func pathologies(
        in frames: [MemoryFrames.Record],
        by thresholds: Thresholds
    ) throws -> [String] {
        let capture = try TrackedCapture(of: frames, thresholds: thresholds)
        return Diagnosis(of: capture).incidents.flatMap(\.chain).map(\.finding.pathology)
    }

    @Test(arguments: names)
    func `is named after its pathology, and has its default in its range`(_ name: String) throws {
        let threshold = try threshold(name)

        #expect(Catalog.detector(named: threshold.pathology) != nil)
        #expect(name.hasPrefix(threshold.pathology))
        #expect(threshold.range.contains(threshold.standard))
        #expect(Self.names.count { $0 == name } == 1)
    }

    @Test(arguments: names)
    func `is set within its range and nowhere else`(_ name: String) throws {
        let threshold = try threshold(name)
        var thresholds = Thresholds()

        #expect(!threshold.set(threshold.range.lowerBound - 1, in: &thresholds))
        #expect(!threshold.set(threshold.range.upperBound + 1, in: &thresholds))
        #expect(thresholds == Thresholds())
        #expect(threshold.set(threshold.range.upperBound, in: &thresholds))
        #expect(threshold[thresholds] == threshold.range.upperBound)
        let others = Threshold.all.filter { $0.name != name }
        #expect(others.allSatisfy { $0[thresholds] == $0.standard })
    }

    @Test(arguments: judged)
    func `that is raised lets the example of its pathology pass`(_ pathology: String) throws {
        let example = try #require(Catalog.detector(named: pathology)).manual.example
        // A RST proves that its sender gave up, however short the wait was.
        let isReset = pathology == "zero-window-stall"
        let frames = isReset ? example.frames.dropLast() : example.frames
        var thresholds = Thresholds()
        for threshold in Threshold.all where threshold.pathology == pathology {
            #expect(threshold.set(threshold.range.upperBound, in: &thresholds))
        }

        #expect(try pathologies(in: frames, by: Thresholds()).contains(pathology))
        #expect(try !pathologies(in: frames, by: thresholds).contains(pathology))
    }

    @Test func `for slow handshakes may be lower than the default`() throws {
        let nearMiss = SlowHandshake.manual.nearMiss.frames
        var thresholds = Thresholds()
        thresholds.slowHandshake = 150_000_000

        #expect(try pathologies(in: nearMiss, by: Thresholds()) == [])
        #expect(try pathologies(in: nearMiss, by: thresholds) == ["slow-handshake"])
    }

    @Test(
        arguments: [
            ("500 ms", 500_000_000), ("500ms", 500_000_000), ("1.5 s", 1_500_000_000),
            ("10 s", 10_000_000_000), ("5 min", 300_000_000_000), ("1h", 3_600_000_000_000),
            ("1", nil), ("s", nil), ("-1 s", nil), ("1 d", nil), ("1.2345 s", nil), ("", nil),
            ("9999999999 h", nil),
        ] as [(String, Int64?)]
    )
    func `that is a time is read`(_ text: String, _ time: Int64?) {
        #expect(Threshold.time(text) == time)
    }

    @Test(arguments: names) func `reads what it writes`(_ name: String) throws {
        let threshold = try threshold(name)
        for value in [threshold.standard, threshold.range.lowerBound, threshold.range.upperBound] {
            let text = threshold.text(value)
            #expect((threshold.unit == .time ? Threshold.time(text) : Int64(text)) == value)
        }
    }
}
