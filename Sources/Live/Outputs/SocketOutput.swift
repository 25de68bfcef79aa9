import Glibc
import Synchronization

/// A TCP or Unix socket that events are sent to, by a thread of its own, on one connection after
/// another.
///
/// A line that was on its way when a connection broke is sent again, so a peer may see one twice,
/// but never half of one: each connection begins with a whole line.
package final class SocketOutput: EventOutput, Sendable {
    /// Octets that may wait, if nothing else is said.
    package static let usualLimit = 4 << 20
    /// As many octets as are sent at once.
    private static let batch = 65_536
    private let target: OutputTarget
    package let name: String
    private let backlog: Mutex<OutputBacklog>
    private let thread = BackgroundThread()

    /// Begins to connect.
    ///
    /// - Parameters:
    ///   - target: a TCP or Unix address.
    ///   - limit: octets of lines that may wait.
    package init(to target: OutputTarget, limit: Int = usualLimit) {
        self.target = target
        name =
            switch target {
            case .tcp(let host, let port): "tcp:\(host):\(port)"
            case .unix(let path): "unix:\(path)"
            case .file(let path): path
            case .standardOutput: "-"
            }
        backlog = Mutex(OutputBacklog(limit: limit))
        let status = thread.start { self.run() }
        if status != 0 {
            backlog.withLock { $0.note("\(name): no thread: \(complaint(status))") }
        }
    }

    package func write(line: [UInt8]) {
        _ = backlog.withLock { $0.append(line) }
        thread.wake()
    }

    package func waitForRoom(for length: Int, until deadline: ContinuousClock.Instant) {
        while !backlog.withLock({ $0.queue.hasRoom(for: length) }), ContinuousClock.now < deadline {
            usleep(1000)
        }
    }

    /// Ends the present connection, and begins the next one at once.
    package func reopen() {
        backlog.withLock { $0.isReopening = true }
        thread.wake()
    }

    package func close(by deadline: ContinuousClock.Instant) {
        backlog.withLock { $0.close(by: deadline) }
        thread.wake()
    }

    package func join() {
        // A name service that does not answer holds the thread for longer.
        let deadline = backlog.withLock { $0.deadline }
        thread.join(by: deadline ?? .now)
        backlog.withLock { $0.abandon(name) }
    }

    package var statistics: OutputStatistics { backlog.withLock { $0.statistics } }

    package func takeNotice() -> String? { backlog.withLock { $0.takeNotice() } }
}

// What the thread does.
extension SocketOutput {
    private func run() {
        var wait = Backoff()
        while !isOver {
            do throws(ConnectionFault) {
                let connection = try StreamConnection(to: target, alarm: thread.alarm)
                noteConnected(after: wait.attempts)
                let begin = ContinuousClock.now
                defer { if ContinuousClock.now - begin > .seconds(5) { wait = Backoff() } }
                try serve(connection)
            } catch {
                noteLost(error.reason, isFirst: wait.attempts == 0)
            }
            if isOver { return }
            pause(wait.next())
        }
    }

    /// Sends until the connection or the output ends.
    private func serve(_ connection: borrowing StreamConnection) throws(ConnectionFault) {
        defer { backlog.withLock { $0.queue.rewind() } }
        while true {
            try connection.readOff()
            let isReopening = backlog.withLock { backlog in
                defer { backlog.isReopening = false }
                return backlog.isReopening
            }
            if isReopening { return }
            let batch = backlog.withLock { $0.queue.unsent(most: Self.batch) }
            let sent = batch.isEmpty ? 0 : try connection.send(batch)
            let outstanding = connection.outstanding
            let (hasUnsent, isEmpty) = backlog.withLock { backlog in
                backlog.queue.noteSent(sent)
                let arrived = backlog.queue.confirm(allBut: outstanding)
                backlog.statistics.written += UInt64(arrived)
                return (backlog.queue.hasUnsent, backlog.queue.count == 0)
            }
            if isEmpty, backlog.withLock({ $0.isClosing }) { return }
            if isOver { return }
            wait(connection, toSend: hasUnsent, hasOutstanding: !isEmpty)
        }
    }

    /// Whether the time to hand over what still waits is over, or nothing waits.
    private var isOver: Bool { backlog.withLock { $0.isOver } }

    private func wait(
        _ connection: borrowing StreamConnection,
        toSend: Bool,
        hasOutstanding: Bool
    ) {
        let socket = pollfd(
            fd: connection.descriptor,
            events: Int16(toSend ? POLLIN | POLLOUT : POLLIN),
            revents: 0
        )
        // Nobody wakes the thread when an acknowledgment comes.
        thread.rest(and: socket, milliseconds: hasOutstanding ? 20 : 1000)
    }

    /// Waits for the next attempt, or for the end.
    private func pause(_ milliseconds: Int32) {
        let end = ContinuousClock.now + .milliseconds(milliseconds)
        while ContinuousClock.now < end, !isOver {
            if backlog.withLock({ $0.isReopening }) { return }
            let left = (end - .now) / .milliseconds(1)
            thread.rest(milliseconds: max(1, min(Int32(left), 100)))
        }
    }

    private func noteConnected(after attempts: Int) {
        backlog.withLock { backlog in
            backlog.isReopening = false
            guard attempts > 0 else { return }
            backlog.note("\(name): is connected again; \(backlog.takeLost()) dropped")
        }
    }

    private func noteLost(_ reason: String, isFirst: Bool) {
        backlog.withLock { backlog in
            backlog.statistics.errors += 1
            guard isFirst else { return }
            backlog.note("\(name): \(reason); trying again")
        }
    }
}

/// Pauses between attempts that fail, each about twice as long as the one before.
private struct Backoff {
    private(set) var attempts = 0

    /// In milliseconds; a quarter of it by chance, so that many senders do not come back at the
    /// same instant.
    mutating func next() -> Int32 {
        let pause: Int32 = min(100 << Int32(min(attempts, 8)), 20_000)
        attempts += 1
        return pause / 4 * 3 + Int32.random(in: 0...pause / 4)
    }
}
