import Diagnosing
import Tracking

/// The manual pages of the detectors, as `explain` prints them.
package struct Handbook {
    let style: Style

    package init(style: Style = Style()) {
        self.style = style
    }

    /// A line for each pathology, in reading order.
    package var catalogue: String {
        let manuals = Catalog.manuals
        let width = manuals.map(\.id.count).max() ?? 0
        let lines = manuals.map { manual in
            let line = style.hung(manual.title, behind: "  \(manual.id.padded(to: width))  ")
            return line.replacing(
                manual.id,
                with: style.ink(manual.id, .strong),
                maxReplacements: 1
            )
        }
        return lines.joined()
            + "\nsynopsis explain PATHOLOGY prints a manual page.\n"
    }

    /// The manual page of one detector.
    package func page(_ manual: Manual) -> String {
        var text = "\(style.ink(manual.id, .strong)): \(manual.title)\n"
        for (title, body) in Self.sections(of: manual) {
            text += "\n\(style.ink(title, .strong))\n" + style.hung(body, behind: "  ")
        }
        text += "\n\(style.ink("Example", .strong)) (⚑ marks what the detector points at)\n"
        text += Ladder(exchange: manual.example, style: style).text
        text +=
            "\n\(style.ink("Near miss", .strong)) (looks similar, but is not reported)\n"
        text += Ladder(exchange: manual.nearMiss, style: style).text
        return style.plain(text)
    }

    static func sections(of manual: Manual) -> [(title: String, body: String)] {
        let thresholds = Threshold.all.filter { $0.pathology == manual.id }.map(line)
        return [
            ("What is seen", manual.sees), ("What it means", manual.means),
            ("Not to be confused with", manual.unless), ("What to check", manual.check),
            ("Sources", manual.sources.map(\.description).joined(separator: "; ")),
        ] + (manual.elsewhere.isEmpty ? [] : [("Known elsewhere as", manual.elsewhere)])
            + (thresholds.isEmpty
                ? [] : [("Thresholds (--config)", thresholds.joined(separator: " "))])
    }

    private static func line(of threshold: Threshold) -> String {
        let (least, most) = (threshold.range.lowerBound, threshold.range.upperBound)
        return
            "\(threshold.name): \(threshold.text(threshold.standard)), from \(threshold.text(least)) to \(threshold.text(most)). \(threshold.meaning)"
    }

    /// The table of thresholds in Markdown, as the article about configuration has it.
    package static var thresholds: String {
        let rows = Threshold.all.map { threshold in
            let range = threshold.range
            let cells = [threshold.standard, range.lowerBound, range.upperBound].map(threshold.text)
            return
                "| `\(threshold.name)` | \(cells[0]) | \(cells[1]) to \(cells[2]) | \(threshold.meaning) |\n"
        }
        return "| threshold | default | range | |\n|---|---|---|---|\n" + rows.joined()
    }

    /// The ids of all pathologies by group in Markdown, as the README has them.
    package static var groups: String {
        let rows = Manual.Group.allCases.map { group in
            let ids = Catalog.manuals.filter { $0.group == group }.map { "`\($0.id)`" }
            return "| \(group.rawValue) | \(ids.joined(separator: ", ")) |\n"
        }
        return "| | |\n|---|---|\n" + rows.joined()
    }

    /// The table of detectors in Markdown.
    package static var table: String {
        let rows = Catalog.manuals.map { "| `\($0.id)` | \($0.title) |\n" }
        return "| Pathology | What it is |\n|---|---|\n" + rows.joined()
    }
}
