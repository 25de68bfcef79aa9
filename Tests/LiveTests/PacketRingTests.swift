import Diagnosing
import Reporting
import Testing
import Tracking

@testable import Live

/// Recent packets in memory.
@Suite struct `The ring of packets` {
    private struct Stored: Equatable {
        let time: Int64
        let number: UInt64
        let octets: [UInt8]
    }

    private func contents(of ring: borrowing PacketRing) -> [Stored] {
        var cursor = PacketRing.Cursor()
        var all: [Stored] = []
        while let record = ring.next(after: &cursor) {
            let frame = ring.frame(record, before: cursor)
            let octets = unsafe frame.octets.withUnsafeBytes { unsafe Array($0) }
            all.append(Stored(time: frame.time, number: frame.number, octets: octets))
        }
        return all
    }

    @Test(arguments: [UInt64](1...20))
    func `holds the newest packets as they were, whatever their sizes`(_ seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let capacity = 4096 + Int(random.next() % 5000)
        var ring = PacketRing(capacity: capacity)
        let records = (0..<500).map { number in
            MemoryFrames.Record(
                time: Int64(number),
                octets: (0..<Int(random.next() % 300)).map {
                    UInt8(truncatingIfNeeded: $0 &* number)
                }
            )
        }
        let all = records.enumerated().map {
            Stored(time: $1.time, number: UInt64($0 + 1), octets: $1.octets)
        }

        var frames = MemoryFrames(records, linkType: .ethernet)
        while try frames.advance() {
            ring.append(frames.frame, interface: 0)
            #expect(ring.used <= capacity)
        }

        let kept = contents(of: ring)
        #expect(kept == all.suffix(kept.count))
        #expect(kept.count == ring.count)
        #expect(kept.reduce(0) { $0 + $1.octets.count + 48 } > capacity - 1200)
    }

    @Test func `forgets what is older than it is to remember`() throws {
        var ring = PacketRing(capacity: 1 << 16, span: 10)
        let records = (0..<100).map { MemoryFrames.Record(time: $0, octets: [1, 2, 3]) }

        var frames = MemoryFrames(records, linkType: .ethernet)
        while try frames.advance() { ring.append(frames.frame, interface: 0) }

        #expect(contents(of: ring).map(\.time) == [Int64](89...99))
    }

    @Test func `counts a packet that is too large for it`() throws {
        var ring = PacketRing(capacity: 4096)
        let large = MemoryFrames.Record(time: 0, octets: [UInt8](repeating: 0, count: 4000))

        var frames = MemoryFrames([large], linkType: .ethernet)
        while try frames.advance() { ring.append(frames.frame, interface: 0) }

        #expect(ring.count == 0)
        #expect(ring.refused == 1)
    }
}
