/// What the thread of a `QueuedOutput` writes to; any call may wait for as long as somebody else
/// likes.
package protocol LineSink: Sendable {
    /// As the user named its place.
    var name: String { get }

    /// What became of the lines that reached it.
    var statistics: OutputStatistics { get }

    /// Whether nobody will ever read on.
    var isAbandoned: Bool { get }

    /// Why nothing can be written at present; `nil` where nothing is known against it.
    var trouble: String? { get }

    /// Writes one whole line, or drops and counts it.
    mutating func write(line: [UInt8])

    /// Opens again what it writes to.
    mutating func reopen()

    /// Ends.
    mutating func close()

    /// What people should know since this was last asked.
    mutating func takeNotice() -> String?
}

extension LineSink {
    package var isAbandoned: Bool { false }
}
