/// How much of a report is shown to people.
package struct Extent: Sendable {
    /// Describe at most this many lines of the overview.
    package var top: Int
    /// Describe everything, and fold nothing.
    package var showsAll: Bool
    /// Show what is pasted into a ticket, without packets.
    package var isShort: Bool
    /// Describe only what this line of the overview stands for, from 1.
    package var line: Int?

    package init(
        top: Int = 10,
        showsAll: Bool = false,
        isShort: Bool = false,
        line: Int? = nil
    ) {
        self.top = top
        self.showsAll = showsAll
        self.isShort = isShort
        self.line = line
    }
}
