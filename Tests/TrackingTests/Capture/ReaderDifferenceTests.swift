import Foundation
import Testing

@testable import Tracking

/// The two readers of pcap files, ours and libpcap's, over every capture of the project.
@Suite struct `Our reader and libpcap` {
    private struct Row: Equatable {
        let time: Int64
        let originalLength: UInt32
        let octets: [UInt8]
    }

    static let captures: [String] = {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Captures").path
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(".pcap") }.sorted().map { "\(folder)/\($0)" }
    }()

    @Test(arguments: captures)
    func `see the same frames`(_ path: String) throws {
        var ours: [Row] = []
        var theirs: [Row] = []

        var file = try PcapFile(path: path)
        while try file.advance() {
            let frame = file.frame
            let octets = (0..<frame.octets.byteCount).map { frame.octets.octet(at: $0) }
            ours.append(
                Row(time: frame.time, originalLength: frame.originalLength, octets: octets)
            )
        }
        let stream = try CaptureStream(path: path)
        var records = try LibpcapRecords(of: stream)
        while records.advance() == true {
            let body = records.octets
            let octets = (0..<body.byteCount).map { body.octet(at: $0) }
            theirs.append(
                Row(time: records.time, originalLength: records.originalLength, octets: octets)
            )
        }

        #expect(!ours.isEmpty)
        #expect(ours == theirs)
    }
}
