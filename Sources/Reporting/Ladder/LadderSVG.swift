/// Draws a ladder as SVG for a page of any width: across in percent of it, down in pixels.
///
/// Where the picture and its notes are beside one another, each note begins at its arrow.
struct LadderSVG {
    /// Pixels down.
    private static let rungHeight = 46
    private static let rowHeight = 34
    private static let lineHeight = 17
    /// A note beside the picture has lines of at most this many characters.
    private static let noteWidth = 50
    /// A note in the picture has lines of at most this many characters.
    private static let wordWidth = 36
    /// All names stand beside one another where they have no more characters together.
    private static let nameWidth = 45

    let diagram: LadderDiagram
    /// The name that links lead to, without the packet's number; `nil` for none.
    let rows: String?
    /// The height of the whole, in pixels.
    let height: Int
    private let head: Int
    /// The vertical position of each row: of an arrow, or of the first line of words.
    private let positions: [Int]
    /// The notes beside the rows, broken into lines.
    private let notes: [[String]]

    /// - Parameters:
    ///   - diagram: what is drawn.
    ///   - rows: the begin of the fragment that a packet's number completes, if packets have rows
    ///     to lead to.
    init(_ diagram: LadderDiagram, rows: String? = nil) {
        self.diagram = diagram
        self.rows = rows
        let room = Style(width: Self.noteWidth)
        let names = diagram.lifelines
        let width = names.reduce(0) { $0 + $1.name.count + $1.role.count + 2 }
        // Long names stand below one another.
        head = width > Self.nameWidth ? 20 + 22 * names.count : 48
        var positions: [Int] = []
        var notes: [[String]] = []
        var y = head
        for row in diagram.rows {
            switch row {
            case .rung(let rung):
                let lines = rung.remark.map { room.wrapped($0, indent: 0) } ?? []
                notes.append(lines)
                positions.append(y + 24)
                y += max(Self.rungHeight, lines.count * Self.lineHeight + 14)
            case .wait, .again:
                notes.append([])
                positions.append(y + 17)
                y += Self.rowHeight
            case .note(let text):
                notes.append([])
                positions.append(y + 18)
                y += Self.words(text).count * Self.lineHeight + 14
            }
        }
        self.positions = positions
        self.notes = notes
        height = y + 12
    }

    private static func words(_ text: String) -> [String] {
        Style(width: wordWidth).wrapped(text, indent: 0)
    }

    /// The lifelines across, in percent.
    private var across: [Int] { diagram.lifelines.count == 3 ? [18, 56, 94] : [18, 94] }

    /// The picture.
    var markup: Markup {
        let parts =
            [names] + lifelines + diagram.rows.indices.map(row)
            + diagram.rows.indices.map(tie)
        return """
            <svg class="ladder" role="img" aria-label="\(diagram.summary)" width="100%" height="\(height)">
            \(parts.joined())</svg>

            """
    }

    /// The notes beside it, each at its arrow.
    var notesMarkup: Markup {
        var text = Markup("")
        for (lines, y) in zip(notes, positions) {
            for (index, line) in lines.enumerated() {
                text += "<text x=\"0\" y=\"\(y + 4 + index * Self.lineHeight)\">\(line)</text>\n"
            }
        }
        return """
            <svg class="notes" aria-hidden="true" width="100%" height="\(height)">
            \(text)</svg>

            """
    }

    /// The two ends, and whoever is between: left, right, and in the middle.
    private var names: Markup {
        let isStaggered = head > 48
        return diagram.lifelines.enumerated().map { index, lifeline -> Markup in
            let y = isStaggered ? 16 + 22 * index : 16
            let (x, anchor) =
                index == 0
                ? (0, "start") : index == across.count - 1 ? (100, "end") : (56, "middle")
            return """
                <text class="end" x="\(x)%" y="\(y)" text-anchor="\(anchor)">\(lifeline.name)\
                <tspan class="role" dx="8">\(lifeline.role)</tspan></text>

                """
        }.joined()
    }

    /// The lifelines, cut where nothing happens.
    private var lifelines: [Markup] {
        var cuts: [Int] = []
        for (row, y) in zip(diagram.rows, positions) {
            if case .wait = row { cuts.append(y) }
        }
        let tops = [head - 10] + cuts.map { $0 + 9 }
        let bottoms = cuts.map { $0 - 9 } + [height - 4]
        return across.map { x in
            zip(tops, bottoms).map { top, bottom in
                "<line class=\"life\" x1=\"\(x)%\" x2=\"\(x)%\" y1=\"\(top)\" y2=\"\(bottom)\"/>\n"
            }.joined()
                + cuts.map { y in
                    Self.at(x, y, "<path class=\"cut\" d=\"M-6-5l12-4M-6 9l12-4\"/>")
                }.joined()
        }
    }

    private func row(_ index: Int) -> Markup {
        let y = positions[index]
        switch diagram.rows[index] {
        case .rung(let rung):
            return self.rung(rung, y)
        case .wait(let duration):
            return Self.centered(middle, y + 4, "gap", duration)
        case .again(let text, let cycle):
            return Self.centered(middle, y + 4, "gap", text) + bracket(index, cycle)
        case .note(let text):
            return Self.words(text).enumerated().map { line, words in
                Self.centered(middle, y + line * Self.lineHeight, "gap", words)
            }.joined()
        }
    }

    private var middle: Int { 56 }

    /// The bracket around the rungs that come again, and the row that says so.
    private func bracket(_ index: Int, _ cycle: Int) -> Markup {
        let rungs = diagram.rows[..<index].indices.reversed().filter { position in
            if case .rung = diagram.rows[position] { true } else { false }
        }
        guard let first = rungs.prefix(cycle).last, let right = across.last else { return "" }
        let (top, bottom) = (positions[first] - 10, positions[index] + 6)
        return Self.at(right, 0, "<path class=\"bracket\" d=\"M9 \(top)h7V\(bottom)h-7\"/>")
    }

    /// Something drawn in pixels from a place that is given in percent across.
    private static func at(_ x: Int, _ y: Int, _ content: Markup) -> Markup {
        "<svg x=\"\(x)%\" y=\"\(y)\" overflow=\"visible\">\(content)</svg>\n"
    }

    private static func centered(
        _ x: Int,
        _ y: Int,
        _ kind: String,
        _ text: String
    ) -> Markup {
        "<text class=\"\(kind)\" x=\"\(x)%\" y=\"\(y)\" text-anchor=\"middle\">\(text)</text>\n"
    }
}

/// Arrows.
extension LadderSVG {
    private func rung(_ rung: LadderDiagram.Rung, _ y: Int) -> Markup {
        var kinds = ["rung", rung.form.rawValue]
        if rung.isRepeated { kinds.append("again") }
        if rung.isProof { kinds.append("proof") }
        let content = number(rung, y) + arrow(rung, y) + label(rung, y)
        let group: Markup = "<g class=\"\(kinds.joined(separator: " "))\">\(content)</g>\n"
        guard let rows else { return group }
        return "<a href=\"#\(rows)\(rung.number)\" tabindex=\"-1\">\(group)</a>"
    }

    /// The packet's number, framed if it proves something, and the time since the one before.
    private func number(_ rung: LadderDiagram.Rung, _ y: Int) -> Markup {
        var text: Markup = ""
        if rung.isProof {
            let width = 8 * rung.number.count + 10
            text += Self.at(
                18,
                y,
                "<rect class=\"mark\" x=\"\(-13 - width)\" y=\"-13\" width=\"\(width)\" height=\"18\" rx=\"9\"/>"
            )
        }
        text +=
            "<text class=\"number\" x=\"18%\" dx=\"-18\" y=\"\(y)\" text-anchor=\"end\">\(rung.number)</text>\n"
        if !rung.delay.isEmpty {
            text +=
                "<text class=\"delay\" x=\"18%\" dx=\"-18\" y=\"\(y + 17)\" text-anchor=\"end\">\(rung.delay)</text>\n"
        }
        return text
    }

    /// The line, its head, and a cross where it was refused or had no answer.
    private func arrow(_ rung: LadderDiagram.Rung, _ y: Int) -> Markup {
        let isSelf = rung.from == rung.to
        let isRightward = isSelf ? rung.to > 0 : rung.from < rung.to
        let way = isRightward ? 1 : -1
        let end = across[rung.to]
        // A packet to its own host comes from close by.
        let start = isSelf ? end - 14 * way : across[rung.from]
        var text: Markup = ""
        switch rung.end {
        case .arrival:
            text += line(start, end, y, rung.form)
            text += Self.at(end, y, head(rung.form, way))
        case .refusal:
            text += line(start, end, y, rung.form)
            let left = way > 0 ? -16 : 4
            text += Self.at(end, y, "<path class=\"cross\" d=\"M\(left)-6l12 12m0-12l-12 12\"/>")
        case .silence:
            let tip = start + (end - start) * 4 / 5
            text += line(start, tip, y, rung.form)
            text += "<line class=\"lost\" x1=\"\(tip)%\" x2=\"\(end)%\" y1=\"\(y)\" y2=\"\(y)\"/>\n"
            text += Self.at(tip, y, "<path class=\"cross\" d=\"M-6-6l12 12m0-12l-12 12\"/>")
        }
        if rung.form == .fin {
            text += Self.at(start, y, "<circle class=\"dot\" cx=\"0\" cy=\"0\" r=\"4\"/>")
        }
        return text
    }

    /// TLS is a double line; the others differ in width and dashes, which their class decides.
    private func line(_ start: Int, _ end: Int, _ y: Int, _ form: LadderDiagram.Form) -> Markup {
        let heights = form == .tls ? [y - 2, y + 2] : [y]
        return heights.map { y in
            "<line class=\"way\" x1=\"\(start)%\" x2=\"\(end)%\" y1=\"\(y)\" y2=\"\(y)\"/>\n"
        }.joined()
    }

    /// The tip of an arrow, which points right for 1 and left for -1.
    private func head(_ form: LadderDiagram.Form, _ way: Int) -> Markup {
        let (near, far) = (-2 * way, -12 * way)
        switch form {
        case .handshake, .data, .tls:
            return "<path class=\"tip\" d=\"M\(near) 0L\(far)-5V5z\"/>"
        case .acknowledgment, .message, .icmp:
            return "<path class=\"open\" d=\"M\(far)-5L\(near) 0L\(far) 5\"/>"
        case .fin:
            return "<path class=\"hollow\" d=\"M\(near) 0L\(far)-5V5z\"/>"
        case .reset:
            return
                "<path class=\"tip\" d=\"M\(near) 0L\(far)-7V7z\"/><path class=\"open\" d=\"M\(near)-8V8\"/>"
        }
    }

    /// What it is above the line, its numbers below: in the middle, or near its sender where a
    /// device ends it.
    private func label(_ rung: LadderDiagram.Rung, _ y: Int) -> Markup {
        let isWhole = abs(rung.from - rung.to) == diagram.lifelines.count - 1
        let isRightward = rung.from <= rung.to
        let (x, anchor, shift) =
            isWhole
            ? (center(isRightward), "middle", 0)
            : rung.from == 0 || rung.to == 0 ? (18, "start", 14) : (94, "end", -14)
        let note = rung.end == .silence && isRightward ? ", no answer captured" : ""
        return """
            <text class="name" x="\(x)%" dx="\(shift)" y="\(y - 7)" text-anchor="\(anchor)">\(rung.name)\
            <tspan class="fate">\(note)</tspan></text>
            <text class="fields" x="\(x)%" dx="\(shift)" y="\(y + 17)" text-anchor="\(anchor)">\(rung.fields)</text>

            """
    }

    /// The middle of an arrow, or of its sender's half where a device's lifeline would run through
    /// the words.
    private func center(_ isRightward: Bool) -> Int {
        across.count == 2 ? middle : isRightward ? 37 : 75
    }

    /// From a packet that was sent again back to its first sending.
    private func tie(_ index: Int) -> Markup {
        guard case .rung(let rung) = diagram.rows[index], let original = rung.original else {
            return ""
        }
        let way = rung.from == 0 ? -1 : 1
        let (top, bottom) = (positions[original] + 4, positions[index] - 4)
        return Self.at(
            across[rung.from],
            0,
            "<path class=\"tie\" d=\"M\(3 * way) \(top)q\(7 * way) 0 \(7 * way) 8V\(bottom - 8)q0 8 \(-7 * way) 8\"/>"
        )
    }
}
