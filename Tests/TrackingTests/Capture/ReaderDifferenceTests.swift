import Foundation
import Testing

@testable import Tracking

/// The two readers, ours and libpcap's, over every capture of the project.
@Suite struct `Our reader and libpcap` {
    private static let project = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private static let folders = [
        project.appending(path: "Captures"),
        project.appending(path: "Captures/Lab"),
        project.appending(path: "Captures/Field"),
    ]

    static let captures: [String] = folders.map(\.path).flatMap { folder in
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(".pcap") || $0.hasSuffix(".pcapng") }.sorted()
            .map { "\(folder)/\($0)" }
    }

    /// What libpcap refuses: files whose interfaces have different link types, or whose sections
    /// have different byte orders.
    private static let refusals = ["different from the type of", "pcapng block size"]

    @Test(arguments: captures)
    func `see the same frames`(_ path: String) throws {
        var ours: [LibpcapFrame] = []
        var links: Set<LinkType> = []
        var fault: CaptureError?

        let theirs = readWithLibpcap(path)
        if theirs.fault == nil, LinkType(dataLink: theirs.dataLink) == .other { return }
        var file = try PcapFile(path: path)
        do throws(CaptureError) {
            while try file.advance() {
                let copy = CopiedFrame(file.frame)
                links.insert(file.frame.linkType)
                ours.append(
                    LibpcapFrame(
                        time: copy.time,
                        originalLength: copy.originalLength,
                        octets: copy.octets
                    )
                )
            }
        } catch {
            fault = error
        }

        #expect(!ours.isEmpty)
        if let refusal = theirs.fault, Self.refusals.contains(where: refusal.contains) {
            // Ours reads on where libpcap stops.
            #expect(Array(ours.prefix(theirs.frames.count)) == theirs.frames)
            #expect(fault == nil)
        } else if file.packetsWithoutTime > 0 {
            // libpcap gives packets without a time that of 1970, ours that of the packet before.
            #expect(ours.map(\.octets) == theirs.frames.map(\.octets))
        } else {
            #expect(ours == theirs.frames)
            #expect(links == [LinkType(dataLink: theirs.dataLink)])
            #expect((fault == nil) == (theirs.fault == nil))
        }
    }
}
