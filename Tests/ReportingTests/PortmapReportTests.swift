import Diagnosing
import Foundation
import Reporting
import Testing
import Tracking

/// A port mapper's word in text and JSON.
@Suite struct `A report with a port mapper` {
    private static let frames: [MemoryFrames.Record] = {
        var question = Exchange(from: "10.0.0.47:1022", to: "10.0.0.81:111") {
            client.getPort(of: 100_021, version: 4, call: 7)
            pause(.microseconds(444))
            server.port(304, call: 7)
        }
        question.begin += 25_000_000_000
        return burst.frames + question.frames
    }()

    private func findings(_ frames: [MemoryFrames.Record]) throws -> [[String: Any]] {
        let data = Data(JSONReport(try report(on: frames)).text.utf8)
        let document = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
        return try #require(document["findings"] as? [[String: Any]])
    }

    @Test func `shows call and reply in the timeline`() throws {
        let lines = try TextReport(report(on: Self.frames), style: Style(isWide: true)).text
            .split(separator: "\n")

        let call = try #require(lines.firstIndex { $0.contains("GETPORT Call") })
        #expect(lines[call].hasPrefix("    5  "))
        #expect(lines[call].hasSuffix("Portmap 98  V2 GETPORT Call NLM(100021) V:4 TCP"))
        #expect(lines[call + 1].contains("+0.000444"))
        #expect(lines[call + 1].hasSuffix("Portmap 70  V2 GETPORT Reply (Call In 5) Port:304"))
        #expect(lines[call + 2].contains("10.0.0.81 says that NLM v4 listens at TCP port 304."))
    }

    @Test func `says in the envelope who named the port`() throws {
        let service = try #require(findings(Self.frames).first?["service"] as? [String: Any])

        #expect(service["name"] as? String == "NLM v4")
        #expect(service["source"] as? String == "portmap")
        #expect(service["program"] as? Int == 100_021)
        #expect(service["version"] as? Int == 4)
        #expect(service["frame"] as? Int == 6)
    }

    @Test func `leaves a port without a name where nobody names it`() throws {
        #expect(try findings(burst.frames).allSatisfy { $0["service"] == nil })
    }

    @Test func `shows the packets of a program that is not registered`() throws {
        let exchange = UnregisteredProgram.manual.example

        let text = try TextReport(report(on: exchange), style: Style(width: 120)).text

        #expect(text.contains("Packets of rpc-not-registered"))
        let line = text.replacing(#/\n +/#, with: " ")
        #expect(line.contains("V2 GETPORT Reply (Call In 1) Port:0 (not registered)"))
    }

    @Test func `says that a question came over UDP`() throws {
        let finding = try #require(
            findings(UnregisteredProgram.manual.example.frames).first
        )

        #expect(finding["proto"] as? String == "UDP")
        #expect(finding["dest_port"] as? Int == 111)
        #expect((finding["service"] as? [String: Any])?["name"] as? String == "sunrpc")
    }
}
