import Diagnosing
import Foundation
import Reporting
import Testing
import Tracking

/// Reports on pages of any width.
@Suite struct `A page` {
    private static let captures: [String] = ["", "/Lab", "/Field"].flatMap { folder in
        let captures =
            URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().path + "/Captures\(folder)"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: captures)) ?? []
        return names.filter { $0.hasSuffix(".pcap") || $0.hasSuffix(".pcapng") }.sorted()
            .map { "\(captures)/\($0)" }
    }

    /// The lines that are wider than the page, those aside that hold a command to copy.
    private func excess(of report: Report, _ width: Int, _ extent: Extent) -> [Substring] {
        let commands = report.incidents.flatMap(\.checks).map(\.command.text).filter { !$0.isEmpty }
        let text = TextReport(report, style: Style(width: width), extent: extent).text
        return text.split(separator: "\n").filter { line in
            line.count > width && !commands.contains { line.hasSuffix($0) }
        }
    }

    @Test(arguments: captures)
    func `is never narrower than its lines`(_ path: String) throws {
        let report = try report(reading: path)

        for width in [80, 100, 120] {
            #expect(excess(of: report, width, .init()) == [])
        }
        #expect(excess(of: report, 80, .init(showsAll: true)) == [])
        let plain = Style(width: 80, isASCII: true)
        let text = TextReport(report, style: plain).text
        #expect(text.utf8.allSatisfy { $0 < 0x7F && ($0 >= 0x20 || $0 == 0x0A) })
    }

    @Test(arguments: Catalog.manuals.map(\.id))
    func `of nanoseconds and long addresses is not either`(_ id: String) throws {
        let manual = try #require(Catalog.detector(named: id)).manual
        var exchange = manual.example
        exchange.client = Endpoint(
            try #require(Address("2001:db8:1111:2222:3333:4444:5555:6666")),
            port: exchange.client.port
        )
        exchange.server = Endpoint(
            try #require(Address("2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff")),
            port: exchange.server.port
        )

        let report = try ReportingTests.report(on: exchange)

        #expect(excess(of: report, 80, .init()) == [])
    }
}
