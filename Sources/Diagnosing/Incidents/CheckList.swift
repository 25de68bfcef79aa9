/// The checks of an incident: a few, and none that shows what another already shows.
struct CheckList {
    /// A reader runs no more than this.
    static let limit = 4

    private(set) var checks: [Check] = []

    /// Takes a check, unless the list is full or has its answer.
    mutating func add(_ check: Check) {
        guard checks.count < Self.limit, !checks.contains(check), !isAnswered(check) else { return }
        checks.append(check)
    }

    /// Whether commands on the same host call the same programs with the same words, and perhaps
    /// more.
    private func isAnswered(_ check: Check) -> Bool {
        // Most commands call another program, which is seen without taking them apart.
        let program = check.command.text.utf8.prefix { $0 != UInt8(ascii: " ") }
        let mayAnswer = checks.contains { other in
            other.host == check.host
                && (other.command.text.utf8.starts(with: program)
                    || other.command.text.utf8.contains(UInt8(ascii: ";")))
        }
        guard !program.isEmpty, mayAnswer else { return false }
        let known = checks.filter { $0.host == check.host }.flatMap { Self.calls(in: $0.command) }
        return Self.calls(in: check.command).allSatisfy { call in
            known.contains { other in
                call.allSatisfy { word in other.contains { Self.isSame($0, word) } }
            }
        }
    }

    private typealias Word = Substring.UTF8View

    /// The words of each call.
    private static func calls(in command: Command) -> [[Word]] {
        Substring(command.text).utf8.split(separator: UInt8(ascii: ";")).map {
            $0.split(separator: UInt8(ascii: " "))
        }
    }

    /// Whether two words are one, or options with the same letters: `ss -lnt` is `ss -ltn`.
    private static func isSame(_ one: Word, _ other: Word) -> Bool {
        guard one.count == other.count else { return false }
        if one.elementsEqual(other) { return true }
        return hasLetters(one) && hasLetters(other) && one.sorted() == other.sorted()
    }

    private static func hasLetters(_ word: Word) -> Bool {
        word.starts(with: "-".utf8) && !word.starts(with: "--".utf8)
    }
}
