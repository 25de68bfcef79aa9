/// What is left of the entries that all services, initiators and pairs of the aggregates share, so
/// that many of them with much to count do not take memory without end.
struct AggregateBudget: Sendable {
    /// Sources of failed attempts that are told apart.
    var sources = 1 << 17
    /// Counts of a tenth of a second.
    var steps = 1 << 18
    /// Tries of initiators that found nobody, and connections without a word.
    var tries = 1 << 18
    /// Packets that are kept to be shown.
    var examples = 1 << 14

    /// Takes one of the remaining entries, if there is one left.
    @inline(always)
    static func take(_ remaining: inout Int) -> Bool {
        guard remaining > 0 else { return false }
        remaining -= 1
        return true
    }
}
