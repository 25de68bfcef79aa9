/// Where the events of a live analysis go: a stream of lines, each a whole JSON object.
///
/// No call waits for whoever takes the lines. An output has a queue, bounded in bytes, and a thread
/// of its own; what finds no room is dropped and counted.
package protocol EventOutput: AnyObject, Sendable {
    /// As the user named its place.
    var name: String { get }

    /// What became of the lines so far.
    var statistics: OutputStatistics { get }

    /// What people should know of a trouble that began or ended since this was last asked; each is
    /// told once.
    func takeNotice() -> String?

    /// Takes one line.
    ///
    /// - Parameter line: UTF-8 with the line feed at its end.
    func write(line: [UInt8])

    /// Waits until a line finds room, at the end of the capture, when nothing else has to go on.
    ///
    /// - Parameters:
    ///   - length: of the line, in bytes.
    ///   - deadline: when it gives up.
    func waitForRoom(for length: Int, until deadline: ContinuousClock.Instant)

    /// Opens again what it writes to: a file that was renamed for rotation, for example.
    func reopen()

    /// Takes no further line, and ends once those that wait are written.
    ///
    /// - Parameter deadline: when it gives up.
    func close(by deadline: ContinuousClock.Instant)

    /// Waits for the end that `close(by:)` asked for. A thread that is stuck by the deadline is
    /// left behind, and what it did not write is counted as dropped.
    func join()

    /// Whether nobody will ever read on, so that the capture may end: the reader of a pipe has
    /// gone.
    var isAbandoned: Bool { get }

    /// Why it is abandoned, unless its reader has gone.
    var failure: String? { get }
}

extension EventOutput {
    package var isAbandoned: Bool { false }
    package var failure: String? { nil }
}
