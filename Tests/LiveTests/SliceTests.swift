import Diagnosing
import Foundation
import Reporting
import Requirements
import Testing
import Tracking

@testable import Live

/// The packets of an incident, cut out of what was captured lately.
@Suite struct `A slice` {
    /// Runs a capture through the ring, shows the slices all incidents at its end, and writes them.
    private func slices(
        of capture: String,
        _ settings: TriggeredSlices.Settings,
        in folder: Scratch,
        kept: Int = 100
    ) throws -> [String] {
        let path = "\(Replay.folder)/\(capture)"
        let replay = try Replay(path)
        let files = SliceFolder(path: folder.url.path, kept: kept)
        var slices = TriggeredSlices(
            settings,
            interfaces: [CaptureInterface(name: "eth0", dataLink: 1, snapshotLength: 262_144)],
            folder: files
        )
        var file = try PcapFile(path: path)
        while try file.advance() { slices.append(file.frame, interface: 0) }
        for incident in replay.incidents { slices.consider(incident, at: replay.last) }
        slices.finish(by: .now + .seconds(5))
        return try FileManager.default.contentsOfDirectory(atPath: folder.url.path).sorted()
    }

    private func settings(_ change: (inout TriggeredSlices.Settings) -> Void = { _ in })
        -> TriggeredSlices.Settings
    {
        var settings = TriggeredSlices.Settings()
        settings.trigger = .note
        change(&settings)
        return settings
    }

    @Test(arguments: [
        "nfs-syn-burst.pcap", "refused.pcap", "nfs-rst-loop.pcap", "nfs-half-open.pcap",
    ])
    func `shows the same findings as the capture it was cut from`(_ capture: String) throws {
        let folder = try Scratch()
        let whole = try Replay("\(Replay.folder)/\(capture)")

        let names = try slices(of: capture, settings(), in: folder)
        let findings = try names.flatMap { try Replay(folder.path($0)).findings }

        #expect(!whole.findings.isEmpty)
        #expect(names.count == whole.incidents.count)
        #expect(findings.sorted() == whole.findings)
    }

    @Test func `is named by its time and incident`() throws {
        let folder = try Scratch()
        let whole = try Replay("\(Replay.folder)/nfs-syn-burst.pcap")

        let names = try slices(of: "nfs-syn-burst.pcap", settings(), in: folder)

        #expect(names == ["synopsis-20170425T170649Z-\(whole.incidents[0].id).pcapng"])
        #expect(SliceFolder.isSlice(names[0]))
    }

    private static var hasTshark: Bool {
        isRun("comments as tshark reads them", with: "tshark")
    }

    @Test(.enabled(if: hasTshark))
    func `carries the diagnosis where Wireshark shows it`() throws {
        let folder = try Scratch()

        let names = try slices(of: "nfs-syn-burst.pcap", settings(), in: folder)
        let file = folder.path(try #require(names.first))
        let tshark = try #require(tool("tshark"))
        let packets = try run(
            tshark,
            ["-r", file, "-T", "fields", "-e", "frame.number", "-e", "frame.comment"]
        )
        let facts = try run(try #require(tool("capinfos")), ["-M", file])

        #expect(packets.status == 0)
        let rows = packets.output.split(separator: "\n")
        #expect(rows.count == 26)
        #expect(rows[1].contains("syn-burst: ") && rows[1].contains("packet 2 of the live capture"))
        #expect(rows[5].contains("icmp-admin-prohibited: "))
        #expect(facts.status == 0)
        #expect(facts.output.contains("ERROR: SYN burst on a reused port: 10.0.0.47"))
        #expect(facts.output.contains("RHSA-2017:1723"))
        #expect(facts.output.contains("nanoseconds"))
        #expect(facts.output.contains("Name = eth0"))
    }

    @Test func `holds the incident's flows, or all packets where that is wanted`() throws {
        let (folder, other) = (try Scratch(), try Scratch())
        let mixture = try mixture()

        let few = try count(of: mixture, settings(), in: folder)
        let all = try count(of: mixture, settings { $0.takesAll = true }, in: other)

        #expect(few == 26)
        #expect(all == 26 + 10)
    }

    /// An incident, and behind it packets of another network.
    private func mixture() throws -> [MemoryFrames.Record] {
        var file = try PcapFile(path: "\(Replay.folder)/nfs-syn-burst.pcap")
        var records: [MemoryFrames.Record] = []
        while try file.advance() {
            let frame = file.frame
            let octets = unsafe frame.octets.withUnsafeBytes { unsafe Array($0) }
            records.append(MemoryFrames.Record(time: frame.time, octets: octets))
        }
        let others = records.filter { $0.octets.count == 74 }.prefix(10).map { record in
            var octets = record.octets
            // 10.9.…
            octets[27] = 9
            octets[31] = 9
            return MemoryFrames.Record(time: record.time, octets: octets)
        }
        return records + others
    }

    private func count(
        of records: [MemoryFrames.Record],
        _ settings: TriggeredSlices.Settings,
        in folder: Scratch
    ) throws -> Int {
        let replay = try Replay("\(Replay.folder)/nfs-syn-burst.pcap")
        var slices = TriggeredSlices(
            settings,
            interfaces: [CaptureInterface(name: "eth0", dataLink: 1, snapshotLength: 262_144)],
            folder: SliceFolder(path: folder.url.path, kept: 9)
        )
        var frames = MemoryFrames(records, linkType: .ethernet)
        while try frames.advance() { slices.append(frames.frame, interface: 0) }
        slices.consider(replay.incidents[0], at: replay.last)
        slices.finish(by: .now + .seconds(5))
        let name = try #require(
            FileManager.default.contentsOfDirectory(atPath: folder.url.path).first
        )
        var file = try PcapFile(path: folder.path(name))
        var count = 0
        while try file.advance() { count += 1 }
        return count
    }

    @Test func `keeps the evidence and counts the rest where there is little room`() throws {
        let folder = try Scratch()

        let names = try slices(
            of: "nfs-syn-burst.pcap",
            settings { $0.sliceSize = 2300 },
            in: folder
        )
        let file = try Data(contentsOf: URL(filePath: folder.path(try #require(names.first))))

        #expect(file.count < 9000)
        #expect(file.range(of: Data("packets did not fit".utf8)) != nil)
    }

    @Test func `says which of the evidence was no longer in memory`() throws {
        let folder = try Scratch()

        let names = try slices(
            of: "nfs-syn-burst.pcap",
            settings { $0.span = 5_000_000_000 },
            in: folder
        )
        let file = try Data(contentsOf: URL(filePath: folder.path(try #require(names.first))))

        let sentence = "No longer in memory when this was written: packets 1, 2, 3"
        #expect(file.range(of: Data(sentence.utf8)) != nil)
    }

    @Test func `is not written for what is too mild`() throws {
        let folder = try Scratch()

        let names = try slices(
            of: "port-reuse.pcap",
            settings { $0.trigger = .error },
            in: folder
        )

        #expect(names.isEmpty)
    }

    @Test func `waits for what comes after`() throws {
        let folder = try Scratch()
        let files = SliceFolder(path: folder.url.path, kept: 9)
        var slices = TriggeredSlices(
            settings { $0.after = 1000 },
            interfaces: [CaptureInterface(name: "eth0", dataLink: 1, snapshotLength: 262_144)],
            folder: files
        )
        let replay = try Replay("\(Replay.folder)/nfs-syn-burst.pcap")
        var file = try PcapFile(path: "\(Replay.folder)/nfs-syn-burst.pcap")
        for _ in 0..<10 where try file.advance() { slices.append(file.frame, interface: 0) }

        slices.consider(replay.incidents[0], at: 5000)
        slices.consider(replay.incidents[0], at: 5100)
        for _ in 0..<10 where try file.advance() { slices.append(file.frame, interface: 0) }
        slices.proceed(at: 5999)
        let early = files.statistics.written
        slices.proceed(at: 6000)
        slices.consider(replay.incidents[0], at: 7000)
        slices.finish(by: .now + .seconds(5))

        #expect(early == 0)
        #expect(files.statistics.written == 1)
        #expect(files.takeNotice()?.hasSuffix(".pcapng: written") == true)
        let name = try #require(
            FileManager.default.contentsOfDirectory(atPath: folder.url.path).first
        )
        #expect(try Replay(folder.path(name)).tally.packets == 20)
    }

    @Test func `makes the oldest one go when there are too many`() throws {
        let folder = try Scratch()
        let files = SliceFolder(path: folder.url.path, kept: 2)
        try "mine".write(
            toFile: folder.path("synopsis-notes.txt"),
            atomically: false,
            encoding: .utf8
        )

        for second in 1...4 {
            let name = String(repeating: "\(second)", count: 16)
            files.write([1, 2, 3], at: Int64(second) * 1_000_000_000, incident: name)
            #expect(eventually { files.statistics.written == second })
        }
        files.close(by: .now + .seconds(5))

        let names = try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
        #expect(
            names.sorted() == [
                "synopsis-19700101T000003Z-3333333333333333.pcapng",
                "synopsis-19700101T000004Z-4444444444444444.pcapng", "synopsis-notes.txt",
            ]
        )
    }

    @Test func `that cannot be written is told`() throws {
        let files = SliceFolder(path: "/nowhere", kept: 2)

        files.write([1], at: 0, incident: "0123456789abcdef")
        files.close(by: .now + .seconds(5))

        #expect(files.statistics.failed == 1)
        #expect(files.takeNotice()?.contains("No such file or directory") == true)
    }
}
