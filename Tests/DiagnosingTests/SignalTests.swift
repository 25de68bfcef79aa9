import Diagnosing
import Foundation
import Testing
import Tracking

/// The list of what is remembered holds: each row is seen, asked for, and where it says.
@Suite struct `A signal` {
    private static let sources = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Sources")

    /// What a detector asks for itself, beyond its needs.
    private static let asked: Signals = [.probe]

    @Test func `is shown by an example or near miss of a detector`() throws {
        var shown: Set<Signal> = []
        for manual in Catalog.manuals {
            for history in try histories(of: manual.example) + histories(of: manual.nearMiss) {
                shown.formUnion(Signal.allCases.filter(history.signals.contains))
            }
        }

        #expect(Set(Signal.allCases).subtracting(shown).isEmpty)
    }

    @Test(arguments: Signal.allCases)
    func `is asked for by a detector, or keeps its connection`(_ signal: Signal) {
        let isNeeded = Catalog.detectors.contains { $0.needs?.contains(signal) ?? false }

        #expect(isNeeded || signal.keepsStream || Self.asked.contains(signal))
    }

    @Test(arguments: Signal.Memory.allCases)
    func `is taken down in the file that the list names`(_ memory: Signal.Memory) {
        let path = Self.sources.appending(path: "Tracking/\(memory.seenIn).swift").path

        #expect(FileManager.default.fileExists(atPath: path))
        #expect(memory.bytes > 0)
    }

    @Test func `that a kept connection shows is one of its history`() throws {
        for manual in Catalog.manuals {
            for history in try histories(of: manual.example) {
                for stream in history.streams {
                    #expect(history.signals.isSuperset(of: stream.signals))
                    #expect(!stream.signals.isDisjoint(with: .keepingStreams))
                }
            }
        }
    }
}
