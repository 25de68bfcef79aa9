import Diagnosing
import Tracking

/// What a user may have meant by a word that is not known.
package enum Suggestion {
    /// The name in `names` that is nearest to `word`; `nil` where none is near.
    package static func nearest(to word: String, among names: [String]) -> String? {
        let word = normalized(word)
        guard !word.isEmpty, word.utf8.count <= longestWord else { return nil }
        let distances = names.map { (name: $0, distance: distance(word, normalized($0))) }
        let limit = max(1, word.utf8.count / 3)
        if let near = distances.min(by: { $0.distance < $1.distance }), near.distance <= limit {
            return near.name
        }
        guard word.utf8.count >= leastPart else { return nil }
        return names.first { name in
            let name = normalized(name)
            return name.hasPrefix(word) || name.split(separator: "-").contains(word[...])
        }
    }

    /// `; did you mean 'live'?`, or what else helps.
    package static func hint(
        for word: String,
        among names: [String],
        otherwise: ShownText
    ) -> ShownText {
        nearest(to: word, among: names).map { "; did you mean '\(foreign: $0)'?" } ?? otherwise
    }

    /// The pathology that a user names, in any case and with `_` or `-`.
    package static func pathology(_ word: String) -> String? {
        let id = normalized(word)
        return Catalog.detector(named: id) == nil ? nil : id
    }

    /// Why a pathology is not known, and which may be meant.
    package static func complaint(aboutPathology word: String) -> ShownText {
        let hint = hint(
            for: word,
            among: Catalog.manuals.map(\.id),
            otherwise: "; 'synopsis explain' lists them"
        )
        return "there is no pathology '\(foreign: word)'\(hint)"
    }

    /// A longer word is none that was mistyped.
    private static let longestWord = 40
    /// A shorter word is part of too many names.
    private static let leastPart = 4

    private static func normalized(_ word: String) -> String {
        word.lowercased().replacing("_", with: "-")
    }

    /// How many letters to insert, leave out, replace or swap make one word of the other
    /// (optimal string alignment).
    private static func distance(_ one: String, _ other: String) -> Int {
        let (one, other) = (Array(one.utf8), Array(other.utf8))
        var rows = [Array(0...other.count)]
        for (row, letter) in one.enumerated() {
            var line = [row + 1]
            for (column, other) in other.enumerated() {
                let cost = letter == other ? 0 : 1
                line.append(
                    min(line[column] + 1, rows[row][column + 1] + 1, rows[row][column] + cost)
                )
            }
            for column in other.indices.dropFirst()
            where row > 0 && letter == other[column - 1] && one[row - 1] == other[column] {
                line[column + 1] = min(line[column + 1], rows[row - 1][column - 1] + 1)
            }
            rows.append(line)
        }
        return rows[one.count][other.count]
    }
}
