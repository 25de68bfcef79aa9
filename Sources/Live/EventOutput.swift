/// Where the events of a live analysis go: a stream of lines, each a whole JSON object.
///
/// An output never stops the capture: what it cannot take it drops and counts, or, for want of any
/// reader, it ends.
package protocol EventOutput {
    /// Writes one line and sees to it that its reader has it.
    ///
    /// - Parameter line: UTF-8 with the line feed at its end.
    mutating func write(line: [UInt8])

    /// Opens anew what it writes to: a file that was renamed for rotation, say.
    mutating func reopen()

    /// Writes what still waits, and ends.
    mutating func close()

    /// Whether nobody will ever read on, so that the capture may end: the reader of a pipe has
    /// gone.
    var isAbandoned: Bool { get }
}

extension EventOutput {
    package var isAbandoned: Bool { false }
}
