import Diagnosing

/// The manual pages for machines and for other documents.
extension Handbook {
    /// All manuals as a JSON array, an object a line.
    package static var json: String {
        "[\n" + Catalog.manuals.map { json(of: $0).text }.joined(separator: ",\n") + "\n]\n"
    }

    /// One manual as a JSON object.
    package static func json(_ manual: Manual) -> String { json(of: manual).text + "\n" }

    private static func json(of manual: Manual) -> JSONValue {
        .members(
            ("id", .string(manual.id)),
            ("title", .string(manual.title)),
            ("sees", .string(manual.sees)),
            ("means", .string(manual.means)),
            ("unless", .string(manual.unless)),
            ("check", .string(manual.check)),
            ("elsewhere", .string(manual.elsewhere)),
            ("sources", .strings(manual.sources.map(\.description))),
            ("follows_from", .strings(manual.followsFrom)),
            ("thresholds", .strings(Threshold.all.filter { $0.pathology == manual.id }.map(\.name)))
        )
    }

    /// One manual in Markdown, with its ladders.
    package func markdown(_ manual: Manual) -> String {
        var text = "# \(manual.id): \(manual.title)\n"
        for (title, body) in Self.sections(of: manual) { text += "\n## \(title)\n\(body)\n" }
        text +=
            "\n## Example\n```\n" + Ladder(exchange: manual.example, style: style).text + "```\n"
        text += "\n## Near miss\n```\n" + Ladder(exchange: manual.nearMiss, style: style).text
        return text + "```\n"
    }
}
