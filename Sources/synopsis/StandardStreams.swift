import Glibc
import Live

/// Standard output and standard error of a capture, each with a thread, so that it waits for
/// neither.
///
/// Where both are the same terminal one thread writes both, in the order in which things happened.
struct StandardStreams {
    let output = QueuedOutput(StandardStream())
    let errors: QueuedOutput

    init() {
        let isOneTerminal = Output.isTerminal(STDOUT_FILENO) && Output.isTerminal(STDERR_FILENO)
        errors = isOneTerminal ? output : QueuedOutput(StandardStream(descriptor: STDERR_FILENO))
    }

    /// Waits a moment until what was logged is written.
    func close() {
        for stream in [output, errors] { stream.close(by: .now + .seconds(1)) }
        for stream in [output, errors] { stream.join() }
    }
}
