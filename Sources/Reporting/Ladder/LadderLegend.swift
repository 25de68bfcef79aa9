/// What the forms of a ladder stand for.
struct LadderLegend {
    private let diagram: LadderDiagram

    init(_ diagram: LadderDiagram) { self.diagram = diagram }

    var markup: Markup {
        // A plain arrow is a plain segment, which its name tells.
        let special = diagram.forms.filter { $0 != .handshake && $0 != .data }
        let forms = special.map { form in
            Self.item(form.rawValue, form == .tls ? [4, 8] : [6], form.name)
        }
        let rungs = diagram.rungs
        var marks: [Markup] = []
        if rungs.contains(where: { $0.end == .refusal }) {
            marks.append(Self.cross("refused by whom it reached"))
        }
        if rungs.contains(where: { $0.end == .silence }) {
            marks.append(Self.cross("no answer captured: lost, dropped or ignored"))
        }
        if rungs.contains(where: \.isRepeated) {
            marks.append(Self.item("handshake again", [6], "sent again"))
        }
        if rungs.contains(where: \.isProof) {
            marks.append(
                "<li><svg width=\"30\" height=\"12\" class=\"rung proof\" aria-hidden=\"true\"><rect class=\"mark\" x=\"7\" width=\"16\" height=\"12\" rx=\"6\"/></svg>a packet that proves what is said</li>\n"
            )
        }
        return "<ul class=\"legend\">\n\((forms + marks).joined())</ul>\n"
    }

    private static func item(_ kind: String, _ heights: [Int], _ name: String) -> Markup {
        let lines = heights.map { y -> Markup in
            "<line class=\"way\" x1=\"0\" x2=\"30\" y1=\"\(y)\" y2=\"\(y)\"/>"
        }
        return """
            <li><svg width="30" height="12" class="rung \(kind)" aria-hidden="true">\(lines.joined())</svg>\(name)</li>

            """
    }

    private static func cross(_ name: String) -> Markup {
        """
        <li><svg width="30" height="12" class="rung" aria-hidden="true"><path class="cross" d="M9 0l12 12m0-12l-12 12"/></svg>\(name)</li>

        """
    }
}
