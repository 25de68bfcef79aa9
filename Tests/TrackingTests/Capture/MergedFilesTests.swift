import Glibc
import Testing

@testable import Tracking

/// Several files that are read as one capture.
@Suite struct `Several files` {
    /// A file with a frame at each of these microseconds; the frame's only octet is `mark`.
    private func file(_ mark: UInt8, at times: [UInt32]) throws -> KeptFile {
        try KeptFile(CaptureOctets.pcap(times.map { .init(fraction: $0, octets: [mark]) }))
    }

    private struct Merged {
        var marks: [UInt8] = []
        var numbers: [UInt64] = []
        var origins: [String] = []
        var inputs: [InputSummary] = []
        var refusals: [CaptureError] = []
    }

    /// Reads them as the tracker does: in place as long as it goes.
    private func merge(
        _ paths: [String],
        filter: String? = nil,
        limit: Int = .max
    ) throws -> Merged {
        var files = MergedFiles(paths: paths, filter: filter)
        var merged = Merged()
        while merged.marks.count < limit {
            if files.advanceInPlace() == .blocked, try !files.advance() { break }
            let frame = files.frame
            merged.marks.append(frame.octets.octet(at: 0))
            merged.numbers.append(frame.number)
        }
        merged.inputs = files.finish()
        merged.refusals = files.refusals
        merged.origins = merged.numbers.map { number in
            files.origins.origin(of: number).map { "\($0.input):\($0.number)" } ?? "?"
        }
        return merged
    }

    @Test(arguments: [[0, 1, 2], [2, 0, 1], [1, 2, 0]])
    func `that follow each other are read so, whatever order they are given in`(
        _ order: [Int]
    ) throws {
        let (a, b, c) = try (file(1, at: [1, 2]), file(2, at: [3, 4]), file(3, at: [5]))
        let paths = [a.path, b.path, c.path]

        let merged = try merge(order.map { paths[$0] })

        #expect(merged.marks == [1, 1, 2, 2, 3])
        #expect(merged.numbers == [1, 2, 3, 4, 5])
        #expect(merged.origins == ["0:1", "0:2", "1:1", "1:2", "2:1"])
        #expect(merged.inputs.map(\.name) == paths)
        #expect(merged.inputs.map(\.numbers) == [1...2, 3...4, 5...5])
    }

    @Test func `that overlap are merged by time, and equal times by the user's order`() throws {
        let (a, b) = try (file(1, at: [1, 4, 5, 9, 3]), file(2, at: [2, 4, 6, 6]))

        let merged = try merge([b.path, a.path])

        #expect(merged.marks == [1, 2, 2, 1, 1, 2, 2, 1, 1])
        #expect(merged.numbers == Array(1...9))
        #expect(
            merged.origins
                == ["0:1", "1:1", "1:2", "0:2", "0:3", "1:3", "1:4", "0:4", "0:5"]
        )
        #expect(merged.inputs.map(\.packets) == [5, 4])
        #expect(merged.inputs.map(\.numbers) == [1...9, 2...7])
    }

    @Test func `may be the same one twice`() throws {
        let a = try file(1, at: [1, 2, 3])

        let merged = try merge([a.path, a.path])

        #expect(merged.origins == ["0:1", "1:1", "0:2", "1:2", "0:3", "1:3"])
    }

    @Test func `keep the numbers of what a filter leaves out`() throws {
        func file(_ flags: [UInt8], from time: UInt32) throws -> KeptFile {
            let records = flags.enumerated().map { index, flags in
                CaptureOctets.Record(
                    fraction: time + 2 * UInt32(index),
                    octets: Octets.ethernet(Octets.ipv4(Octets.tcp(flags: flags)))
                )
            }
            return try KeptFile(CaptureOctets.pcap(records))
        }
        let (a, b) = try (file([2, 16, 4], from: 0), file([16, 4, 2, 16], from: 1))

        let merged = try merge([a.path, b.path], filter: "tcp[tcpflags] & (tcp-syn|tcp-rst) != 0")

        #expect(merged.numbers == [1, 4, 5, 6])
        #expect(merged.origins == ["0:1", "1:2", "0:3", "1:3"])
        #expect(merged.inputs.map(\.packets) == [3, 4])
    }

    @Test func `are read up to the damage of one, and the others to their end`() throws {
        let good = try file(1, at: [1, 4, 6])
        let whole = CaptureOctets.pcap([2, 3, 5].map { .init(fraction: $0, octets: [2]) })
        let damaged = try TemporaryFile(Array(whole.dropLast()))
        let text = try TemporaryFile(Array("hello".utf8))

        let merged = try merge([damaged.path, text.path, good.path, "/nowhere"])

        #expect(merged.marks == [1, 2, 2, 1, 1])
        #expect(merged.refusals.map(\.input) == [text.path, "/nowhere"])
        #expect(merged.inputs.map(\.packets) == [3, 2])
        #expect(merged.inputs.map { $0.damage?.offset } == [nil, 24 + 2 * 17])
        #expect(merged.origins == ["0:1", "1:1", "1:2", "0:2", "0:3"])
    }

    @Test func `may be left before their end`() throws {
        let (a, b) = try (file(1, at: [1, 4, 6]), file(2, at: [2, 3, 5]))
        let (c, empty) = try (file(3, at: [9]), file(4, at: []))

        let merged = try merge([a.path, b.path, c.path, empty.path], limit: 3)

        #expect(merged.marks == [1, 2, 2])
        #expect(merged.inputs.map(\.packets) == [1, 2, 0, 0])
        #expect(merged.inputs.map(\.damage) == [nil, nil, nil, nil])
    }

    @Test func `may be more than can be open at a time, if they follow each other`() throws {
        let all = try (0..<700).map { try file(UInt8($0 % 256), at: [UInt32($0)]) }

        let merged = try merge(all.reversed().map(\.path))

        #expect(merged.marks == (0..<700).map { UInt8($0 % 256) })
    }

    @Test func `that overlap beyond that are told`() throws {
        let all = try (0..<OpenFiles.limit + 3).map { _ in try file(1, at: [1, 2]) }

        let merged = try merge(all.map(\.path))

        #expect(merged.marks.count == 2 * OpenFiles.limit)
        #expect(merged.inputs.count { $0.damage != nil } == 3)
    }

    @Test func `keep frames where they lie until the next step that is not in place`() throws {
        let (a, b) = try (file(1, at: [1, 3, 5, 7]), file(2, at: [2, 4, 6, 8]))
        var files = MergedFiles(paths: [a.path, b.path], filter: nil)

        #expect(try files.advance())
        var batch = Batch()
        #expect(try batch.fill(from: &files, upTo: 6, seed: 1))

        var marks: [UInt8] = []
        for index in 0..<batch.count { marks.append(mark(of: batch[index])) }
        #expect(marks == [2, 1, 2, 1, 2, 1])
    }

    private func mark(of segment: borrowing FlowSegment) -> UInt8 {
        let octets = segment.octets
        return octets.octet(at: 0)
    }

    @Test func `have origins up to a bound`() {
        var origins = FrameOrigins(files: 2)
        for number in 1...UInt64(FrameOrigins.limit + 5) {
            origins.begin(at: number, file: Int(number % 2), numberInFile: number)
        }

        #expect(origins.isIncomplete)
        #expect(origins.origin(of: UInt64(FrameOrigins.limit))?.input == 0)
        #expect(origins.origin(of: UInt64(FrameOrigins.limit) + 1) == nil)
        #expect(origins.origin(of: .max) == nil)
        #expect(FrameOrigins(files: 1).origin(of: 1) == nil)
    }
}

/// A file that may stand in arrays and tuples.
private final class KeptFile {
    private let file: TemporaryFile

    init(_ octets: [UInt8]) throws { file = try TemporaryFile(octets) }

    var path: String { file.path }
}
