import Diagnosing
import Foundation
import Testing

@testable import Tracking

/// All captures of the repository, without addresses, names and payload.
@Suite struct `An anonymised capture` {
    private static let captures: [URL] = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Captures")
        return ["", "Lab", "Field"].flatMap { folder -> [URL] in
            let url = root.appending(path: folder)
            let files = try? FileManager.default.contentsOfDirectory(
                at: url,
                includingPropertiesForKeys: nil
            )
            return (files ?? []).filter { $0.pathExtension.hasPrefix("pcap") }
        }.sorted { $0.path < $1.path }
    }()

    private static func key() throws -> AnonymityKey {
        try #require(AnonymityKey("000102030405060708090a0b0c0d0e0f"))
    }

    /// What is said of a source, without whom it is said of.
    private static func findings(
        in source: inout some CaptureSource & ~Copyable
    ) throws -> [String] {
        var tracker = Tracker(flowLimit: 100_000)
        do { while try tracker.consume(next: 4096, from: &source) {} } catch {}
        let incidents = Diagnosis(of: tracker.finish()).incidents
        return incidents.flatMap(\.chain).map { link in
            let finding = link.finding
            let packets = finding.evidence.map(\.event.packet)
            let numbers = finding.metrics.filter { metric in
                if case .text = metric.value { false } else { true }
            }
            return """
                \(finding.pathology) \(finding.reason ?? "") \(finding.severity) \(finding.confidence) \
                \(finding.count) \(finding.firstSeen) \(finding.lastSeen) \(link.role) \(packets) \(finding.guards) \
                \(numbers.map { "\($0.name)=\($0.value)" })
                """
        }.sorted()
    }

    @Test func `is there to be looked at`() { #expect(Self.captures.count > 200) }

    @Test(arguments: captures)
    func `has the diagnosis of its original`(_ url: URL) throws {
        var file = try PcapFile(path: url.path)
        let original = try Self.findings(in: &file)
        var source = AnonymisedSource(try PcapFile(path: url.path), try Self.key())

        let found = try Self.findings(in: &source)

        #expect(found == original)
    }

    @Test(arguments: captures)
    func `holds no address, name or word of its original`(_ url: URL) throws {
        let key = try Self.key()
        let addresses = try Self.addresses(in: url)
        var file = try PcapFile(path: url.path)
        var source = AnonymisedSource(try PcapFile(path: url.path), key)
        var found: Set<String> = []
        do {
            while try file.advance(), try source.advance() {
                let original = Self.bytes(of: file.frame)
                let bytes = Self.bytes(of: source.frame)
                for address in addresses where Self.holds(bytes, address) {
                    found.insert("\(source.frame.number): \(address)")
                }
                let words = Self.words(in: Self.contents(of: bytes, in: source.frame))
                let known = Self.words(in: Self.contents(of: original, in: file.frame))
                for word in words.intersection(known)
                where !Self.isKnown(word) {
                    found.insert("\(source.frame.number): \(word)")
                }
            }
        } catch {}

        #expect(found.isEmpty)
    }

    /// The payload of a segment, in whose header a number may look like a word, or all of another
    /// frame.
    private static func contents(of bytes: [UInt8], in frame: borrowing Frame) -> [UInt8] {
        guard case .segment(let segment) = DecodedFrame(frame).packet else { return bytes }
        return Array(bytes.suffix(Int(segment.capturedLength)))
    }

    private static func bytes(of frame: borrowing Frame) -> [UInt8] {
        (0..<frame.octets.byteCount).map { frame.octets.octet(at: $0) }
    }

    /// The addresses of hosts and network cards that can be told from other numbers, as bytes.
    private static func addresses(in url: URL) throws -> [[UInt8]] {
        var file = try PcapFile(path: url.path)
        var found: Set<[UInt8]> = []
        func note(_ address: Address) {
            let (high, low) = (Self.bytes(of: address.high), Self.bytes(of: address.low))
            let bytes = address.isIPv4 ? Array(low.suffix(4)) : high + low
            // One of few different bytes may well be a number.
            let isKept =
                address.isIPv4
                ? SpecialRanges.keptBits(of: UInt32(truncatingIfNeeded: address.low)) == 32
                : SpecialRanges.keptBits(of: address) == 128
            if !isKept, Set(bytes).count > 2 { found.insert(bytes) }
        }
        do {
            while try file.advance(), found.count < 64 {
                let decoded = DecodedFrame(file.frame)
                if let mac = decoded.link.source, mac.bits >> 40 & 1 == 0 {
                    let bytes = Array(Self.bytes(of: mac.bits).suffix(6))
                    if Set(bytes).count > 2 { found.insert(bytes) }
                }
                switch decoded.packet {
                case .segment(let segment):
                    note(segment.source.address)
                    note(segment.destination.address)
                case .icmpError(let error):
                    note(error.sender)
                    note(error.quoted.source.address)
                default: break
                }
            }
        } catch {}
        return Array(found)
    }

    private static func bytes(of word: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) }
    }

    private static func holds(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
        guard bytes.count >= part.count else { return false }
        return bytes.indices.dropLast(part.count - 1).contains { index in
            bytes[index] == part[0] && bytes[index..<index + part.count].elementsEqual(part)
        }
    }

    /// Runs of seven or more letters, digits, dots and hyphens.
    private static func words(in bytes: [UInt8]) -> Set<String> {
        let parts = bytes.split { byte in
            !((0x61...0x7A).contains(byte | 0x20) || (0x2D...0x39).contains(byte))
        }
        return Set(parts.filter { $0.count >= 7 }.map { String(decoding: $0, as: UTF8.self) })
    }

    /// What a protocol says, and not its user.
    private static func isKnown(_ word: String) -> Bool {
        ["HTTP/", "http/", "SSH-2.0-", "0.0.0.0", "MaxStartups", "Exceeded", "listener", "in-addr"]
            .contains { word.hasPrefix($0) }
    }
}
