import Foundation
import Glibc
import Synchronization
import Testing

@testable import Tracking

/// Captures that are compressed, whatever they are called.
@Suite struct `A compressed capture` {
    /// More than all buffers of the thread that unpacks them hold.
    private static let plain: [UInt8] = {
        var random = SplitMix64(seed: 4)
        let records = (0..<2500).map { number in
            let half = (0..<700).map { _ in UInt8.random(in: 0...255, using: &random) }
            return CaptureOctets.Record(
                fraction: UInt32(number),
                octets: half + [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 700)
            )
        }
        return CaptureOctets.pcap(records)
    }()
    private static let small = CaptureOctets.pcap(
        [1, 2, 3].map { CaptureOctets.Record(fraction: $0, octets: [1, 2, 3]) }
    )

    @Test(arguments: Compression.all)
    func `gives the frames of the file in it`(_ compression: Compression) throws {
        let packed = compression.packed(Self.plain)

        let capture = try readCapture(packed)

        #expect(capture.error == nil)
        #expect(capture.frames == (try readCapture(Self.plain).frames))
        #expect(capture.octetsRead == UInt64(packed.count))
    }

    @Test(arguments: Compression.all)
    func `may come in several parts`(_ compression: Compression) throws {
        let cuts = [0, 3, 24, 50_000, 50_001, 1_800_000, Self.plain.count]
        let parts = zip(cuts, cuts.dropFirst()).map {
            compression.packed(Array(Self.plain[$0..<$1]))
        }

        let capture = try readCapture(parts.flatMap { $0 } + compression.packed([]))

        #expect(capture.error == nil)
        #expect(capture.frames.count == 2500)
    }

    @Test(arguments: Compression.all)
    func `cut anywhere is read as far as it goes`(_ compression: Compression) throws {
        let packed = compression.packed(Self.plain)

        let capture = try readCapture(Array(packed.prefix(packed.count / 2)))

        #expect((1000..<2500).contains(capture.frames.count))
        #expect(
            capture.error?.reason
                == "its \(compression.rawValue) stream cannot be unpacked: it ends in the middle"
        )
        #expect(capture.error?.offset == UInt64(packed.count / 2))
    }

    @Test(arguments: Compression.all)
    func `cut in its header is refused`(_ compression: Compression) throws {
        for length in 4...8 {
            let packed = compression.packed(Self.small).prefix(length)
            let temporary = try TemporaryFile(Array(packed))

            let error = try #require(refusal(at: temporary.path))

            #expect(error.reason.hasSuffix("stream cannot be unpacked: it ends in the middle"))
        }
    }

    @Test(arguments: Compression.all)
    func `is read up to its damage`(_ compression: Compression) throws {
        let packed = compression.packed(Self.plain)
        let damaged = packed.prefix(4) + [UInt8](repeating: 0xFF, count: 40)

        let capture = try readCapture(packed + damaged)

        let offset = try #require(capture.error?.offset)
        #expect(capture.frames.count == 2500)
        #expect(offset >= UInt64(packed.count))
        #expect(
            capture.error?.reason.hasPrefix(
                "its \(compression.rawValue) stream cannot be unpacked: "
            ) == true
        )
    }

    @Test(arguments: [1, 700_000]) func `may be padded with zeros by gzip`(_ count: Int) throws {
        let packed = Compression.gzip.packed(Self.small)

        let capture = try readCapture(packed + [UInt8](repeating: 0, count: count))

        #expect(capture.frames.count == 3)
        #expect(capture.error == nil)
    }

    @Test(arguments: [[0x50, 0x4B], [0, 0, 7], [0x1F, 0x8C], [0x1F]] as [[UInt8]])
    func `with something else behind it is read, and that is told`(_ garbage: [UInt8]) throws {
        let packed = Compression.gzip.packed(Self.small)

        let capture = try readCapture(packed + garbage)

        #expect(capture.frames.count == 3)
        #expect(capture.error != nil)
    }

    @Test(arguments: Compression.all)
    func `whose capture is damaged says where in what was unpacked`(
        _ compression: Compression
    ) throws {
        let packed = compression.packed(Self.small + [1, 2, 3])

        let capture = try readCapture(packed)

        #expect(capture.frames.count == 3)
        #expect(capture.error?.offset == UInt64(Self.small.count))
        #expect(capture.error?.reason.contains("(counted in what was unpacked)") == true)
    }

    @Test(arguments: Compression.all)
    func `may be left before its end`(_ compression: Compression) throws {
        let temporary = try TemporaryFile(compression.packed(Self.plain))
        var file = try PcapFile(path: temporary.path)

        #expect(try file.advance())
        _ = consume file
    }

    @Test
    func `that comes slowly gives its packets at once, and may be left while it is waited for`()
        throws
    {
        var ends: [Int32] = [0, 0]
        unsafe pipe(&ends)
        // A member without its end: the thread waits for more.
        let packed = Compression.zstd.packed(Self.small) + [0x28, 0xB5]
        _ = unsafe write(ends[1], packed, packed.count)

        // On a thread of its own: the minute is for this, and not for tests that are served before.
        let path = "/dev/fd/\(ends[0])"
        let (count, isDone) = (Count(), DispatchSemaphore(value: 0))
        Thread.detachNewThread {
            defer { isDone.signal() }
            guard var file = try? PcapFile(path: path) else { return }
            while count.value.load(ordering: .relaxed) < 3, (try? file.advance()) == true {
                count.value.add(1, ordering: .relaxed)
            }
            _ = consume file
        }

        #expect(isDone.wait(timeout: .now() + 60) == .success)
        #expect(count.value.load(ordering: .relaxed) == 3)
        close(ends[0])
        close(ends[1])
    }

    /// What a thread counts.
    private final class Count: Sendable {
        let value = Atomic(0)
    }
}
