/// A stream for the log of the program, which waits for nobody either.
package struct LogStream: TextOutputStream, Sendable {
    private let output: QueuedOutput

    package init(_ output: QueuedOutput) { self.output = output }

    package mutating func write(_ text: String) { output.write(line: Array(text.utf8)) }
}
