import Foundation
import Tracking

/// A capture file as a list of frames, to be cut as capturing programs cut.
struct StoredCapture {
    struct Frame {
        /// In nanoseconds since 1970.
        var time: Int64
        var bytes: [UInt8]
        let originalLength: UInt32
        /// Its four-tuple and flags, if it is a TCP segment.
        let segment: (ends: Set<Endpoint>, source: Endpoint, flags: TCPFlags)?
    }

    static let ethernet: UInt32 = 1

    /// As pcap numbers it.
    let linkType: UInt32
    var frames: [Frame]

    init(reading path: String) throws {
        let header = try Data(contentsOf: URL(filePath: path), options: .alwaysMapped).prefix(24)
        linkType = header.suffix(4).reversed().reduce(0) { $0 << 8 | UInt32($1) }
        var file = try PcapFile(path: path)
        var frames: [Frame] = []
        while try file.advance() {
            let frame = file.frame
            var segment: (ends: Set<Endpoint>, source: Endpoint, flags: TCPFlags)?
            if case .segment(let read) = DecodedFrame(frame).packet {
                segment = ([read.source, read.destination], read.source, read.flags)
            }
            frames.append(
                Frame(
                    time: frame.time,
                    bytes: (0..<frame.octets.byteCount).map { frame.octets.octet(at: $0) },
                    originalLength: frame.originalLength,
                    segment: segment
                )
            )
        }
        self.frames = frames
    }

    /// The file as pcap with nanoseconds.
    var data: Data {
        var data = Data()
        func append(_ words: UInt32...) {
            for word in words {
                for shift in [0, 8, 16, 24] as [UInt32] {
                    data.append(UInt8(truncatingIfNeeded: word >> shift))
                }
            }
        }
        append(0xA1B2_3C4D, 4 << 16 | 2, 0, 0, 262_144, linkType)
        for frame in frames {
            append(
                UInt32(frame.time / 1_000_000_000),
                UInt32(frame.time % 1_000_000_000),
                UInt32(frame.bytes.count),
                frame.originalLength
            )
            data.append(contentsOf: frame.bytes)
        }
        return data
    }
}

/// One way in which a capture holds less, or more, than what was sent.
enum CaptureCut: CaseIterable, CustomStringConvertible {
    case snapLength(Int)
    /// Of each connection only the first packets were kept.
    case firstPackets(Int)
    case initiatorOnly, responderOnly
    /// One packet in fifty is missing, from this one on.
    case everyFiftieth(Int)
    /// A filter takes SYN, FIN and RST alone.
    case handshakesOnly
    /// The same capture again, a day later.
    case glued
    /// Each packet was captured twice.
    case doubled
    case milliseconds

    static let allCases: [CaptureCut] =
        [54, 68, 96, 128, 200].map(Self.snapLength) + [5, 8, 10, 15, 20, 30].map(Self.firstPackets)
        + [7, 23, 49].map(Self.everyFiftieth)
        + [.initiatorOnly, .responderOnly, .handshakesOnly, .glued, .doubled, .milliseconds]

    var description: String {
        switch self {
        case .snapLength(let length): "snap length \(length)"
        case .firstPackets(let count): "the first \(count) packets"
        case .initiatorOnly: "the initiator only"
        case .responderOnly: "the responder only"
        case .everyFiftieth(let first): "every 50th missing from \(first)"
        case .handshakesOnly: "SYN, FIN and RST"
        case .glued: "glued"
        case .doubled: "doubled"
        case .milliseconds: "milliseconds"
        }
    }

    func applied(to capture: StoredCapture) -> StoredCapture {
        var cut = capture
        switch self {
        case .snapLength(let length):
            for index in cut.frames.indices {
                cut.frames[index].bytes = Array(cut.frames[index].bytes.prefix(length))
            }
        case .firstPackets(let count):
            var seen: [Set<Endpoint>: Int] = [:]
            cut.frames = capture.frames.filter { frame in
                guard let key = frame.segment?.ends else { return true }
                seen[key, default: 0] += 1
                return seen[key, default: 0] <= count
            }
        case .initiatorOnly, .responderOnly:
            var initiators: [Set<Endpoint>: Endpoint] = [:]
            cut.frames = capture.frames.filter { frame in
                guard let segment = frame.segment else { return true }
                let isAnswer = segment.flags.isSuperset(of: [.syn, .ack])
                if initiators[segment.ends] == nil, !isAnswer {
                    initiators[segment.ends] = segment.source
                }
                let isFromInitiator = initiators[segment.ends] == segment.source
                return isFromInitiator == (self == .initiatorOnly)
            }
        case .everyFiftieth(let first):
            cut.frames = capture.frames.enumerated().filter { $0.offset % 50 != first }
                .map(\.element)
        case .handshakesOnly:
            cut.frames = capture.frames.filter { frame in
                frame.segment.map { !$0.flags.isDisjoint(with: [.syn, .fin, .rst]) } ?? true
            }
        case .glued:
            cut.frames += capture.frames.map { frame in
                var later = frame
                later.time += 86_400_000_000_000
                return later
            }
        case .doubled:
            cut.frames = capture.frames.flatMap { frame in
                var copy = frame
                copy.time += 2000
                return [frame, copy]
            }
        case .milliseconds:
            for index in cut.frames.indices {
                cut.frames[index].time = cut.frames[index].time / 1_000_000 * 1_000_000
            }
        }
        return cut
    }
}

extension CaptureCut: Equatable {}
