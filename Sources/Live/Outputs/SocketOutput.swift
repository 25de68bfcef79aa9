import Glibc
import Synchronization

/// A TCP or Unix socket that events are sent to, by a thread of its own, on one connection after another.
///
/// A line that was on its way when a connection broke is sent again, so a peer may see one twice, but never half of one:
/// each connection begins with a whole line.
package final class SocketOutput: CountedOutput, Sendable {
    /// Octets that may wait, if nothing else is said.
    package static let usualLimit = 4 << 20
    /// As many octets as are sent at once.
    private static let batch = 65_536
    /// How long `close()` waits for what was not sent yet, in seconds.
    private static let flushTimeout = 2.0

    /// What the thread and the capture share.
    private struct State {
        var queue: LineQueue
        var statistics = OutputStatistics()
        var notices: [String] = []
        /// Since the last notice.
        var lost: UInt64 = 0
        var isReconnecting = false
        var end: ContinuousClock.Instant?
    }

    private let place: OutputPlace
    package let name: String
    private let state: Mutex<State>
    private let thread = BackgroundThread()

    /// Begins to connect.
    ///
    /// - Parameters:
    ///   - place: a TCP or Unix address.
    ///   - limit: octets of lines that may wait.
    package init(to place: OutputPlace, limit: Int = usualLimit) {
        self.place = place
        name =
            switch place {
            case .tcp(let host, let port): "tcp:\(host):\(port)"
            case .unix(let path): "unix:\(path)"
            case .file(let path): path
            case .standardOutput: "-"
            }
        state = Mutex(State(queue: LineQueue(limit: max(1, limit))))
        let status = thread.start { self.run() }
        if status != 0 {
            state.withLock { $0.notices.append("\(name): no thread: \(complaint(status))") }
        }
    }

    package func write(line: [UInt8]) {
        state.withLock { state in
            if state.end == nil, state.queue.append(line) { return }
            state.statistics.dropped += 1
            state.lost += 1
        }
        thread.wake()
    }

    /// Ends the present connection, and begins the next one at once.
    package func reopen() {
        state.withLock { $0.isReconnecting = true }
        thread.wake()
    }

    package func close() {
        state.withLock { $0.end = .now + .seconds(Self.flushTimeout) }
        thread.wake()
        thread.join()
        state.withLock { state in
            state.statistics.dropped += UInt64(state.queue.count)
            state.lost += UInt64(state.queue.count)
            if state.queue.count > 0 {
                state.notices.append("\(name): \(state.lost) events were not sent")
            }
            state.queue = LineQueue(limit: 1)
        }
    }

    package var statistics: OutputStatistics { state.withLock { $0.statistics } }

    package func takeNotice() -> String? {
        state.withLock { $0.notices.isEmpty ? nil : $0.notices.removeFirst() }
    }
}

// What the thread does.
extension SocketOutput {
    private func run() {
        var wait = Backoff()
        while !isOver {
            do throws(ConnectionFault) {
                let connection = try StreamConnection(to: place, alarm: thread.alarm)
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
        defer { state.withLock { $0.queue.rewind() } }
        while true {
            try connection.readOff()
            let isReconnecting = state.withLock { state in
                defer { state.isReconnecting = false }
                return state.isReconnecting
            }
            if isReconnecting { return }
            let batch = state.withLock { $0.queue.unsent(most: Self.batch) }
            let sent = batch.isEmpty ? 0 : try connection.send(batch)
            let outstanding = connection.outstanding
            let (hasUnsent, isEmpty) = state.withLock { state in
                state.queue.noteSent(sent)
                let arrived = state.queue.confirm(allBut: outstanding)
                state.statistics.written += UInt64(arrived)
                return (state.queue.hasUnsent, state.queue.count == 0)
            }
            if isEmpty, state.withLock({ $0.end }) != nil { return }
            if isOver { return }
            wait(connection, toSend: hasUnsent, hasOutstanding: !isEmpty)
        }
    }

    /// Whether the time to hand over what still waits is over, or nothing waits.
    private var isOver: Bool {
        state.withLock { state in
            guard let end = state.end else { return false }
            return state.queue.count == 0 || ContinuousClock.now >= end
        }
    }

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
            if state.withLock({ $0.isReconnecting }) { return }
            let left = (end - .now) / .milliseconds(1)
            thread.rest(milliseconds: max(1, min(Int32(left), 100)))
        }
    }

    private func noteConnected(after attempts: Int) {
        state.withLock { state in
            state.isReconnecting = false
            guard attempts > 0 else { return }
            state.notices.append("\(name): is connected again; \(state.lost) events were dropped")
            state.lost = 0
        }
    }

    private func noteLost(_ reason: String, isFirst: Bool) {
        state.withLock { state in
            state.statistics.errors += 1
            guard isFirst else { return }
            state.notices.append("\(name): \(reason); trying again")
            if state.notices.count > 16 { state.notices.removeFirst() }
        }
    }
}

/// Pauses between attempts that fail, each about twice as long as the one before.
private struct Backoff {
    private(set) var attempts = 0

    /// In milliseconds; a quarter of it by chance, so that many senders do not come back at the same instant.
    mutating func next() -> Int32 {
        let pause: Int32 = min(100 << Int32(min(attempts, 8)), 20_000)
        attempts += 1
        return pause / 4 * 3 + Int32.random(in: 0...pause / 4)
    }
}
