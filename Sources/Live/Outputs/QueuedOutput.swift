import Glibc
import Synchronization

/// A file or standard stream, written by a thread of its own: a reader that stalls, or a disk that
/// hangs, holds up nobody else.
package final class QueuedOutput: EventOutput, Sendable {
    /// Bytes of lines that may wait, if nothing else is said.
    package static let usualLimit = 32 << 20
    /// As many lines are taken from the queue at a time.
    private static let batch = 64

    private struct State {
        var backlog: OutputBacklog
        /// What became of the lines that reached the sink.
        var reached = OutputStatistics()
        var isAbandoned = false
        var failure: String?
        /// Whether lines find no room, which was told.
        var isFull = false
    }

    package let name: String
    private let state: Mutex<State>
    private let thread = BackgroundThread()

    /// Begins to write.
    ///
    /// - Parameters:
    ///   - sink: what is written to; it belongs to the thread from now on.
    ///   - limit: bytes of lines that may wait.
    package init(_ sink: any LineSink, limit: Int = usualLimit) {
        name = sink.name
        state = Mutex(State(backlog: OutputBacklog(limit: limit)))
        let status = thread.start { self.run(sink) }
        if status != 0 {
            state.withLock { $0.backlog.note("\(name): no thread: \(complaint(status))") }
        }
    }

    package func write(line: [UInt8]) {
        let mustWake = state.withLock { state in
            let isFirst = state.backlog.queue.count == 0
            if state.backlog.append(line) { return isFirst }
            if !state.isFull, !state.isAbandoned, !state.backlog.isClosing {
                state.isFull = true
                state.backlog.note("\(name): is too slow; events are dropped")
            }
            return false
        }
        if mustWake { thread.wake() }
    }

    package func waitForRoom(for length: Int, until deadline: ContinuousClock.Instant) {
        while !state.withLock({ $0.isAbandoned || $0.backlog.queue.hasRoom(for: length) }),
            ContinuousClock.now < deadline
        {
            usleep(1000)
        }
    }

    package func reopen() {
        state.withLock { $0.backlog.isReopening = true }
        thread.wake()
    }

    package func close(by deadline: ContinuousClock.Instant) {
        state.withLock { $0.backlog.close(by: deadline) }
        thread.wake()
    }

    package func join() {
        let deadline = state.withLock { $0.backlog.deadline }
        thread.join(by: deadline ?? .now)
        state.withLock { $0.backlog.abandon(name) }
    }

    package var isAbandoned: Bool { state.withLock { $0.isAbandoned } }

    package var failure: String? { state.withLock { $0.failure } }

    package var statistics: OutputStatistics {
        state.withLock { state in
            var sum = state.reached
            sum.dropped += state.backlog.statistics.dropped
            return sum
        }
    }

    package func takeNotice() -> String? { state.withLock { $0.backlog.takeNotice() } }
}

// What the thread does.
extension QueuedOutput {
    private func run(_ sink: any LineSink) {
        var sink = sink
        while true {
            let (lines, isReopening, isOver) = state.withLock { state in
                defer { state.backlog.isReopening = false }
                return (
                    state.backlog.queue.first(Self.batch), state.backlog.isReopening,
                    state.backlog.isOver
                )
            }
            if isOver { break }
            if isReopening { sink.reopen() }
            for line in lines {
                sink.write(line: line)
                if takeDown(&sink) { break }
            }
            if lines.isEmpty { thread.rest(milliseconds: 1000) }
        }
        sink.close()
        while let notice = sink.takeNotice() { state.withLock { $0.backlog.note(notice) } }
    }

    /// Notes what became of a line.
    ///
    /// - Returns: whether the output is to end.
    private func takeDown(_ sink: inout any LineSink) -> Bool {
        state.withLock { state in
            state.reached = sink.statistics
            state.isAbandoned = sink.isAbandoned
            state.failure = sink.isAbandoned ? sink.trouble : nil
            while let notice = sink.takeNotice() { state.backlog.note(notice) }
            state.backlog.queue.removeFirst()
            if state.isFull, state.backlog.queue.count == 0 {
                state.isFull = false
                state.backlog.note("\(name): keeps up again; \(state.backlog.takeLost()) dropped")
            }
            return state.backlog.isOver
        }
    }
}
