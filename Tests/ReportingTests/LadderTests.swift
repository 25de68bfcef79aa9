import Diagnosing
import Testing
import Tracking

@testable import Reporting

/// The picture that stands beside the timeline.
@Suite struct `A ladder` {
    private func ladder(of exchange: Exchange) throws -> LadderDiagram {
        let shown = try ShownReport(report(on: exchange))
        let incident = try #require(shown.report.incidents.first)
        let proofs = Set(incident.chain.flatMap(\.finding.evidence).map(\.event.packet))
        return LadderDiagram(ShownFlow(0, of: 0, in: shown), proofs: proofs)
    }

    @Test func `names packets as the timeline does, and marks those that prove something`() throws {
        let rungs = try ladder(of: burst).rungs

        #expect(
            rungs.map(\.name) == ["SYN 1", "SYN 2", "SYN, ACK for SYN 1", "ICMP about packet 3"]
        )
        #expect(rungs.map(\.number) == ["1", "2", "3", "4"])
        #expect(rungs[2].fields == "Seq=1488229741 Ack=4241127798")
        #expect(rungs[3].fields == "host administratively prohibited")
        #expect(rungs.map(\.delay) == ["", "+90 µs", "+100 µs", "+100 µs"])
        #expect(rungs.allSatisfy { $0.isProof })
    }

    @Test func `crosses out what was refused, and leaves what arrived`() throws {
        let rungs = try ladder(of: burst).rungs

        #expect(rungs[2].end == .refusal)
        #expect([rungs[2].from, rungs[2].to] == [1, 0])
        #expect(rungs[3].end == .arrival)
        #expect(rungs[3].form == .icmp)
    }

    @Test func `cuts out waits, and ties what is sent again to the original`() throws {
        let silence = Exchange {
            client.syn(seq: 1000)
            pause(.seconds(1))
            client.syn(seq: 1000)
            pause(.seconds(2))
            client.syn(seq: 1000)
        }

        let ladder = try ladder(of: silence)

        let waits = ladder.rows.compactMap { row in
            if case .wait(let text) = row { text } else { nil }
        }
        #expect(waits == ["1 s", "2 s"])
        #expect(ladder.rungs.map(\.isRepeated) == [false, true, true])
        #expect(ladder.rungs.map(\.original) == [nil, 0, 0])
        #expect(ladder.rungs.allSatisfy { $0.end == .silence })
    }

    @Test func `has a line for a device between`() throws {
        let filtered = Exchange {
            client.syn(seq: 1000)
            router.refuses(.prohibited)
        }

        let ladder = try ladder(of: filtered)

        #expect(ladder.lifelines.map(\.role) == ["client", "on the path", "server"])
        #expect([ladder.rungs[0].from, ladder.rungs[0].to] == [0, 1])
        #expect(ladder.rungs[0].end == .refusal)
        #expect([ladder.rungs[1].from, ladder.rungs[1].to] == [1, 0])
    }

    @Test func `puts a bracket around what comes again`() throws {
        let retained = Exchange {
            client.syn(seq: 1000)
            for _ in 0..<4 {
                server.synAck(seq: 5000, ack: 777)
                client.rst(seq: 777)
            }
        }

        let ladder = try ladder(of: retained)

        let loops = ladder.rows.compactMap { row -> (text: String, cycle: Int)? in
            if case .again(let text, let cycle) = row { (text, cycle) } else { nil }
        }
        #expect(loops.map(\.cycle) == [2])
        #expect(loops.first?.text.hasPrefix("3 more times, until ") == true)
        #expect(LadderSVG(ladder).markup.text.contains("class=\"bracket\""))
    }

    @Test func `draws every form otherwise, not only in another colour`() {
        let shapes = LadderDiagram.Form.allCases.map { form -> String in
            let rung = LadderDiagram.Rung(
                number: "1",
                from: 0,
                to: 1,
                form: form,
                name: "",
                fields: ""
            )
            let diagram = LadderDiagram(
                lifelines: [.init(name: "a", role: ""), .init(name: "b", role: "")],
                rows: [.rung(rung)],
                summary: ""
            )
            let rules = Page.style.split(separator: "\n")
                .filter { $0.contains(".\(form.rawValue) .way {") }
                .map { $0.replacing(form.rawValue, with: "") }
            let drawing = LadderSVG(diagram).markup.text.replacing(form.rawValue, with: "")
            return drawing + rules.joined()
        }

        // Data and the handshake are told apart by what they are called.
        #expect(Set(shapes).count >= LadderDiagram.Form.allCases.count - 1)
    }

    @Test(arguments: Catalog.manuals.map(\.id))
    func `is there for every manual page`(_ id: String) throws {
        let manual = try #require(Catalog.detector(named: id)).manual

        for exchange in [manual.example, manual.nearMiss] {
            let ladder = LadderDiagram(exchange)
            let isWhole = exchange.frames.count <= 40
            #expect(ladder.rungs.count >= min(exchange.frames.count, 20) - 2)
            let flagged = ladder.rungs.filter(\.isProof).map(\.number)
            #expect(!isWhole || flagged == exchange.flaggedPackets.map { String($0) })
        }
    }
}

/// Ink on paper.
@Suite struct `The palette` {
    /// By the name of the variable: light, dark, printed.
    private func palettes() -> [[String: String]] {
        Page.style.split(separator: ":root {", omittingEmptySubsequences: false).dropFirst().map {
            part in
            let block = part.prefix { $0 != "}" }
            let pairs = block.matches(of: #/--(\w+): (#[0-9a-f]+);/#).map {
                (String($0.output.1), String($0.output.2))
            }
            return Dictionary(pairs) { $1 }
        }
    }

    /// The relative luminance of a colour (WCAG 2.2).
    private func luminance(_ colour: String) throws -> Double {
        let short = colour.dropFirst()
        let digits = short.count == 3 ? short.map { "\($0)\($0)" }.joined() : String(short)
        let bits = try #require(UInt32(digits, radix: 16))
        let parts = [bits >> 16 & 255, bits >> 8 & 255, bits & 255].map { part -> Double in
            let share = Double(part) / 255
            guard share > 0.04045 else { return share / 12.92 }
            // The 2.4th power, by Newton's method for the fifth root of the twelfth power.
            let base = (share + 0.055) / 1.055
            let twelfth = (0..<12).reduce(1.0) { power, _ in power * base }
            return (0..<60).reduce(1.0) { root, _ in
                root - (root * root * root * root * root - twelfth)
                    / (5 * root * root * root * root)
            }
        }
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
    }

    @Test func `can be read in light, in the dark, and printed`() throws {
        let palettes = palettes()

        #expect(palettes.count == 3)
        for palette in palettes {
            for ground in ["paper", "tint"] {
                for ink in ["ink", "soft", "red", "amber", "blue", "teal"] {
                    let pair = try [ground, ink].map { try luminance(#require(palette[$0])) }
                    let contrast = (max(pair[0], pair[1]) + 0.05) / (min(pair[0], pair[1]) + 0.05)
                    #expect(contrast >= 4.5, "\(ink) on \(ground): \(contrast)")
                }
            }
        }
    }
}
