import Foundation
import Testing
import Tracking

@testable import Bench

/// What `Bench generate` writes.
@Suite struct `A generated capture` {
    private func generate(
        _ kind: Traffic.Kind,
        as form: CaptureWriter.Form = .pcap,
        packets: Int = 3000
    ) throws -> URL {
        let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        var traffic = try Traffic(kind, as: form, to: file.path)
        try traffic.write(packets: packets)
        return file
    }

    /// FNV-1a, so that a change of a single octet shows.
    private func digest(_ octets: Data) -> UInt64 {
        octets.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    }

    private func read(_ file: URL) throws -> Tally {
        var source = try PcapFile(path: file.path)
        var tracker = Tracker()
        while try tracker.consume(next: 4096, from: &source) {}
        return tracker.tally
    }

    @Test(arguments: [
        (Traffic.Kind.mixed, 9_738_258_692_229_616_525 as UInt64),
        (.headers, 3_875_800_098_113_689_070),
        (.distant, 4_515_530_983_264_617_213),
        (.distantHeaders, 10_407_118_402_269_858_242),
        (.flood, 8_735_048_166_015_345_238),
        (.tls, 6_933_951_078_936_783_214),
        (.short, 6_194_867_333_652_999_179),
        (.pathological, 15_370_131_931_391_602_160),
        (.live, 512_224_503_400_917_474),
        (.established, 14_178_168_251_405_865_924),
    ])
    func `has the same octets on every machine`(kind: Traffic.Kind, expected: UInt64) throws {
        let file = try generate(kind)
        defer { try? FileManager.default.removeItem(at: file) }

        let digest = digest(try Data(contentsOf: file))

        #expect(digest == expected, "\(kind)")
    }

    @Test(arguments: [
        Traffic.Kind.mixed, .headers, .distant, .distantHeaders, .flood, .tls, .short,
        .pathological, .live, .established,
    ])
    func `can be read to its last packet, and its checksums are right`(kind: Traffic.Kind) throws {
        let file = try generate(kind)
        defer { try? FileManager.default.removeItem(at: file) }

        let tally = try read(file)

        #expect(tally.packets == 3000)
        #expect(tally.segments + tally.icmpErrors == 3000)
        #expect(tally.unattachedICMPErrors == 0)
        #expect(tally.rightChecksums > 0)
        #expect(tally.wrongChecksums == 0)
    }

    @Test(arguments: [CaptureWriter.Form.pcapng, .gzip])
    func `holds the same packets in every form`(form: CaptureWriter.Form) throws {
        let plain = try generate(.pathological)
        let other = try generate(.pathological, as: form)
        defer {
            try? FileManager.default.removeItem(at: plain)
            try? FileManager.default.removeItem(at: other)
        }

        let (expected, got) = (try read(plain), try read(other))

        #expect(got == expected)
        #expect(try Data(contentsOf: other) != Data(contentsOf: plain))
    }

    @Test func `of short connections has one in ten that goes wrong`() {
        let entries = Programme.short.entries

        let troubled = entries.filter(\.isTroubled).reduce(0) { $0 + $1.share }

        #expect(troubled * 10 == entries.reduce(0) { $0 + $1.share })
        #expect(troubled >= 15)
    }
}
