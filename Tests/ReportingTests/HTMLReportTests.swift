import Diagnosing
import Testing
import Tracking

@testable import Reporting

/// The report as one page.
@Suite struct `An HTML report` {
    private func page(of exchange: Exchange, flows: Bool = false) throws -> String {
        try HTMLReport(report(on: exchange, flows: flows)).text
    }

    private func attributes(_ name: String, in page: String) -> [Substring] {
        page.split(separator: " \(name)=\"").dropFirst().map { $0.prefix { $0 != "\"" } }
    }

    @Test func `has the texts of the text report`() throws {
        let report = try report(on: burst)
        let incident = try ShownIncident(#require(report.incidents.first), in: report)

        let page = HTMLReport(report).text

        let texts =
            [incident.title, incident.verdict] + incident.reasons.map(\.text) + incident.knownIssues
            + incident.checks.flatMap(\.checks).flatMap { [$0.command.text, $0.tells] }
        #expect(texts.count > 12)
        for text in texts { #expect(page.contains(Markup.escaped(text)), "\(text)") }
        for row in ShownFlow(0, of: 0, in: ShownReport(report)).allRows {
            #expect(page.contains(Markup.escaped(row.info)))
            #expect(page.contains(row.time))
        }
    }

    @Test func `allows its own style and script, and nothing else`() throws {
        let page = try page(of: burst)

        let policy = try #require(attributes("content", in: page).first)
        let style = try #require(page.firstRange(of: "<style>"))
        let end = try #require(page.firstRange(of: "</style>"))
        let script = try #require(page.firstRange(of: "<script>"))
        let last = try #require(page.firstRange(of: "</script>"))
        let digests = [
            page[style.upperBound..<end.lowerBound], page[script.upperBound..<last.lowerBound],
        ].map { SHA256.base64(of: String($0)) }
        #expect(policy.hasPrefix("default-src 'none'; style-src 'sha256-\(digests[0])'; "))
        #expect(policy.contains("script-src 'sha256-\(digests[1])';"))
        for word in [" src=", "url(", "@import", "http://", " style=", "<link", "<iframe"] {
            #expect(!page.contains(word), "\(word)")
        }
    }

    @Test func `has a place for every link, and each place once`() throws {
        let refused = Exchange(from: "192.0.2.1:40000", to: "192.0.2.9:80") {
            client.syn(seq: 1000)
            server.rstAck(ack: 1001)
        }
        let page = try HTMLReport(report(on: burst.frames + refused.frames, flows: true)).text

        let anchors = attributes("id", in: page)
        let links = attributes("href", in: page)
        #expect(Set(anchors).count == anchors.count)
        #expect(links.count > 8)
        #expect(links.allSatisfy { $0.first == "#" && anchors.contains($0.dropFirst()) })
    }

    @Test func `shows what strangers wrote as text`() throws {
        let words = "<img src=x onerror=alert(1)> & \"'`[x](y)"
        let exchange = Exchange(
            from: "192.0.2.10:50000",
            to: "198.51.100.20:8000",
            steps: [
                client.syn(seq: 1000), server.synAck(seq: 5000, ack: 1001),
                client.ack(seq: 1001, ack: 5001),
                client.data(seq: 1001, ack: 5001, length: 100),
                server.rst(seq: 5001).saying(words),
            ]
        )
        let report = try report(on: exchange)

        let page = HTMLReport(report).text
        let ticket = MarkdownReport(report).text

        #expect(TextReport(report).text.contains("<img src=x"))
        #expect(page.contains("&lt;img src=x onerror=alert(1)&gt; &amp; &quot;"))
        #expect(!page.contains("<img"))
        #expect(ticket.contains(#"\<img src=x onerror=alert(1)\> \& "'\`\[x\](y)"#))
    }

    @Test func `of four thousand incidents is below five megabytes, and names each`() throws {
        let frames = (0..<4000).flatMap { number -> [MemoryFrames.Record] in
            let (high, low) = (number / 200, number % 200 + 1)
            var exchange = Exchange(
                from: "10.1.\(high).\(low):40000",
                to: "10.9.\(high).\(low):80"
            ) {
                client.syn(seq: 1000)
                server.rstAck(ack: 1001)
            }
            exchange.begin += Int64(number) * 1_000_000_000
            return exchange.frames
        }
        let report = try report(on: frames)
        try #require(report.incidents.count == 4000)

        let page = HTMLReport(report).text

        #expect(page.utf8.count < 5_000_000)
        #expect(attributes("id", in: page).count { $0.wholeMatch(of: #/i\d+/#) != nil } == 4000)
    }

    @Test func `says what could fake a finding`() throws {
        let cut = Exchange {
            client.syn(seq: 1000)
            pause(.seconds(1))
            client.syn(seq: 1000)
        }
        let report = try report(on: cut)
        let guards = Set(report.incidents.flatMap(\.chain).flatMap(\.finding.guards))
        try #require(!guards.isEmpty)

        let page = HTMLReport(report).text

        for condition in guards {
            #expect(page.contains("<b>\(condition.rawValue)</b> \(condition.meaning)"))
        }
    }
}
