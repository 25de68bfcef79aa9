import Foundation
import Requirements
import Testing

/// How many segments and ICMP errors there are, by tshark's count of the same packets.
@Suite struct `The count of packets` {
    /// A pcap file's records under one header, from all files that have the same form and link
    /// type.
    private struct Pool {
        var files: [String] = []
        var octets = Data()
    }

    private static let folders = [
        Program.root.appending(path: "Captures"),
        Program.root.appending(path: "Captures/Lab"),
        Program.root.appending(path: "Captures/Field"),
    ]

    /// A few processes for all captures at hand, instead of some for each.
    private func pools() throws -> [Pool] {
        var pools: [Data: Pool] = [:]
        for folder in Self.folders {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
            for name in names.sorted() where name.hasSuffix(".pcap") {
                let file = try Data(contentsOf: folder.appending(path: name))
                guard file.count >= 24 else { continue }
                let form = file[0..<4] + file[20..<24]
                var pool = pools[form] ?? Pool(octets: file[0..<16] + [0, 4, 4, 0] + file[20..<24])
                pool.files.append(name)
                pool.octets += wholeRecords(of: file)
                pools[form] = pool
            }
        }
        return pools.values.sorted { $0.files[0] < $1.files[0] }
    }

    /// All records but one that the end of the file cuts.
    private func wholeRecords(of file: Data) -> Data {
        let isLittle = file[0] == 0xD4 || file[0] == 0x4D || file[0] == 0x34
        let headerLength = file[0] == 0x34 || file[3] == 0x34 ? 24 : 16
        var offset = 24
        while offset + headerLength <= file.count {
            let field = file[offset + 8..<offset + 12]
            let length = (isLittle ? Array(field.reversed()) : Array(field))
                .reduce(0) { $0 << 8 | Int($1) }
            guard offset + headerLength + length <= file.count else { break }
            offset += headerLength + length
        }
        return file[24..<offset]
    }

    private struct Counts: Equatable {
        var segments = 0
        var errors = 0
    }

    /// What is both TCP and ICMP is an error that quotes a segment; messages of other types are
    /// none.
    private func countByTshark(_ path: String, _ tshark: String) throws -> Counts {
        let process = Process()
        process.executableURL = URL(filePath: tshark)
        let fields = ["tcp.srcport", "icmp.type", "icmpv6.type"].flatMap { ["-e", $0] }
        process.arguments = ["-n", "-r", path, "-Y", "tcp", "-T", "fields"] + fields
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        var counts = Counts()
        for line in String(decoding: data, as: UTF8.self).split(separator: "\n") {
            let cells = line.split(separator: "\t", omittingEmptySubsequences: false)
                .map { $0.split(separator: ",").first.flatMap { Int($0) } }
            let (v4, v6) = (cells.count > 1 ? cells[1] : nil, cells.count > 2 ? cells[2] : nil)
            if v4 == nil, v6 == nil { counts.segments += 1 }
            if let v4, [3, 4, 11, 12].contains(v4) { counts.errors += 1 }
            if let v6, (1...4).contains(v6) { counts.errors += 1 }
        }
        return counts
    }

    private func countBySynopsis(_ path: String) throws -> Counts {
        let outcome = try Program.run(path, "-q", "--format", "json")
        let report = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
        let totals = try #require((report as? [String: Any])?["totals"] as? [String: Any])
        return Counts(
            segments: try #require(totals["segments"] as? Int),
            errors: try #require(totals["icmp_errors"] as? Int)
        )
    }

    @Test(.enabled(if: isRun("counts as tshark makes them", with: "tshark")))
    func `is that of tshark`() throws {
        let tshark = try #require(tool("tshark"))
        for pool in try pools() {
            let folder = try Scratch()
            let path = folder.file("pool.pcap", pool.octets).path

            let counted = try countBySynopsis(path)

            #expect(try countByTshark(path, tshark) == counted, "\(pool.files)")
        }
    }
}
