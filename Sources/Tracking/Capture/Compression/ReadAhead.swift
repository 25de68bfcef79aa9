import Glibc

/// A thread that reads a compressed input and unpacks it into a few buffers, ahead of who reads
/// them.
///
/// Sound although it holds pointers and is shared by two threads: what `state` holds is touched
/// under the lock only, a buffer belongs to the thread until it is filled and to the reader until
/// it is emptied, and `stop()` waits for the thread, after which nobody but the owner is left.
@safe
final class ReadAhead {
    /// In octets; the packets of a buffer are still in the cache when the tracker comes to them.
    private static let bufferLength = 1 << 19
    private static let bufferCount = 4
    /// As much as a window may have read before it knew.
    private static let inputLength = OctetWindow.length

    /// How far both sides have come, in buffers since the begin.
    private struct State {
        var filled = 0
        var emptied = 0
        /// Octets of the input that were taken.
        var offset: UInt64 = 0
        var isFinished = false
        var isStopping = false
        var fault: String?
    }

    private let name: String
    private let unpacker: any Unpacker
    private let descriptor: Int32
    /// A pipe that gets readable when the thread is to stop, even while it waits for input.
    private let alarm: (wait: Int32, ring: Int32)
    private let beginning: [UInt8]
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private let change: UnsafeMutablePointer<pthread_cond_t>
    private let buffers: UnsafeMutableRawBufferPointer
    private var lengths = [Int](repeating: 0, count: bufferCount)
    /// Behind a pointer, so that the compiler knows that it changes while a thread waits.
    private let state: UnsafeMutablePointer<State>
    private var thread: StartedThread?
    /// The reader's position in the buffer that it empties.
    private var position = 0

    /// Begins to unpack.
    ///
    /// - Parameters:
    ///   - compression: what the input is compressed with.
    ///   - beginning: octets of it that were read already.
    ///   - descriptor: where the others come from; it is duplicated.
    /// - Throws: where there is no memory or no thread.
    init(
        _ compression: Compression,
        beginning: [UInt8],
        descriptor: Int32
    ) throws(RecordFault) {
        let unpacker: (any Unpacker)? =
            switch compression {
            case .gzip: GzipUnpacker()
            case .zstd: ZstdUnpacker()
            case .lz4: LZ4Unpacker()
            }
        guard let unpacker else { throw .input(offset: nil, "there is no memory to unpack it") }
        name = compression.rawValue
        self.unpacker = unpacker
        self.beginning = beginning
        self.descriptor = dup(descriptor)
        var ends: [Int32] = [-1, -1]
        let hasAlarm = unsafe pipe(&ends) == 0
        alarm = (ends[0], ends[1])
        unsafe lock = .allocate(capacity: 1)
        unsafe change = .allocate(capacity: 1)
        unsafe state = .allocate(capacity: 1)
        unsafe state.initialize(to: State())
        unsafe buffers = .allocate(
            byteCount: Self.bufferLength * Self.bufferCount,
            alignment: 64
        )
        unsafe pthread_mutex_init(lock, nil)
        unsafe pthread_cond_init(change, nil)
        guard self.descriptor >= 0, hasAlarm else {
            throw .input(offset: nil, CaptureStream.complaint(errno))
        }
        // Unretained: `stop()` waits for the thread before the owner lets go.
        nonisolated(unsafe) let me = unsafe Unmanaged.passUnretained(self)
        do throws(ThreadFault) {
            thread = try StartedThread { unsafe me.takeUnretainedValue().run() }
        } catch {
            throw .input(offset: nil, CaptureStream.complaint(error.number))
        }
    }

    deinit {
        unpacker.close()
        if descriptor >= 0 { close(descriptor) }
        if alarm.wait >= 0 { close(alarm.wait) }
        if alarm.ring >= 0 { close(alarm.ring) }
        unsafe pthread_cond_destroy(change)
        unsafe pthread_mutex_destroy(lock)
        unsafe state.deinitialize(count: 1)
        unsafe state.deallocate()
        unsafe change.deallocate()
        unsafe lock.deallocate()
        unsafe buffers.deallocate()
    }

    /// Ends the thread, wherever it is.
    func stop() {
        guard let thread else { return }
        withLock {
            unsafe state.pointee.isStopping = true
            unsafe pthread_cond_broadcast(change)
        }
        var signal: UInt8 = 1
        _ = unsafe write(alarm.ring, &signal, 1)
        thread.join()
        self.thread = nil
    }

    private func withLock<Result>(_ body: () -> Result) -> Result {
        unsafe pthread_mutex_lock(lock)
        defer { unsafe pthread_mutex_unlock(lock) }
        return body()
    }

    private func buffer(_ number: Int) -> UnsafeMutableRawBufferPointer {
        let start = number % Self.bufferCount * Self.bufferLength
        return unsafe UnsafeMutableRawBufferPointer(
            rebasing: buffers[start..<start + Self.bufferLength]
        )
    }
}

// What the reader does.
extension ReadAhead {
    /// Octets of the input that were taken so far.
    var offset: UInt64 { withLock { unsafe state.pointee.offset } }

    /// Copies what was unpacked, and waits if there is nothing yet.
    ///
    /// - Returns: how many octets; 0 at the end.
    /// - Throws: why there is no more; what came before it has been read.
    func read(into octets: UnsafeMutableRawBufferPointer) throws(RecordFault) -> Int {
        let number = withLock {
            while unsafe state.pointee.filled == state.pointee.emptied,
                unsafe !state.pointee.isFinished
            {
                unsafe pthread_cond_wait(change, lock)
            }
            let (filled, emptied) = unsafe (state.pointee.filled, state.pointee.emptied)
            return filled == emptied ? nil : emptied
        }
        guard let number else {
            let (fault, offset) = withLock { unsafe (state.pointee.fault, state.pointee.offset) }
            guard let fault else { return 0 }
            throw .input(offset: offset, "its \(name) stream cannot be unpacked: \(fault)")
        }
        let length = withLock { lengths[number % Self.bufferCount] }
        let count = min(octets.count, length - position)
        let part = unsafe UnsafeRawBufferPointer(
            rebasing: buffer(number)[position..<position + count]
        )
        unsafe octets.copyMemory(from: part)
        position += count
        if position == length {
            position = 0
            withLock {
                unsafe state.pointee.emptied += 1
                unsafe pthread_cond_signal(change)
            }
        }
        return count
    }
}

// What the thread does.
extension ReadAhead {
    private func run() {
        var unpacker = self.unpacker
        let input = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Self.inputLength,
            alignment: 64
        )
        defer { unsafe input.deallocate() }
        unsafe input.copyBytes(from: beginning)
        var rest = unsafe UnsafeRawBufferPointer(rebasing: input[..<beginning.count])
        var (isFull, written) = (false, 0)
        guard var number = freeBuffer() else { return }
        while true {
            // Where a buffer was filled to its end, there may be more without more input.
            if unsafe rest.isEmpty, !isFull {
                if written > 0 {
                    publish(number, written)
                    written = 0
                    guard let next = freeBuffer() else { return }
                    number = next
                }
                guard waitForInput() else { return }
                let got = unsafe CaptureStream.read(descriptor, into: input)
                if got < 0 { return finish(CaptureStream.complaint(Int32(clamping: -got))) }
                if got == 0 { return finish(unpacker.isComplete ? nil : "it ends in the middle") }
                unsafe rest = UnsafeRawBufferPointer(rebasing: input[..<got])
            }
            let room = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer(number)[written...])
            let step = unsafe unpacker.unpack(rest, into: room)
            withLock { unsafe state.pointee.offset &+= UInt64(step.taken) }
            unsafe rest = UnsafeRawBufferPointer(rebasing: rest[step.taken...])
            written += step.written
            isFull = written == Self.bufferLength
            let isStuck = unsafe !rest.isEmpty && step.taken == 0 && step.written == 0 && !isFull
            if let fault = step.fault ?? (isStuck ? "it makes no progress" : nil) {
                if written > 0 { publish(number, written) }
                return finish(fault)
            }
            if isFull {
                publish(number, written)
                written = 0
                guard let next = freeBuffer() else { return }
                number = next
            }
        }
    }

    /// The number of the next buffer that the thread may fill; `nil` when it is to stop.
    private func freeBuffer() -> Int? {
        withLock {
            while unsafe state.pointee.filled - state.pointee.emptied == Self.bufferCount,
                unsafe !state.pointee.isStopping
            {
                unsafe pthread_cond_wait(change, lock)
            }
            return unsafe state.pointee.isStopping ? nil : state.pointee.filled
        }
    }

    private func publish(_ number: Int, _ length: Int) {
        withLock {
            lengths[number % Self.bufferCount] = length
            unsafe state.pointee.filled += 1
            unsafe pthread_cond_signal(change)
        }
    }

    private func finish(_ fault: String?) {
        withLock {
            unsafe state.pointee.fault = fault
            unsafe state.pointee.isFinished = true
            unsafe pthread_cond_signal(change)
        }
    }

    /// Waits until there is something to read, or the input is at its end.
    ///
    /// - Returns: `false` when the thread is to stop.
    private func waitForInput() -> Bool {
        var polled = [
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: alarm.wait, events: Int16(POLLIN), revents: 0),
        ]
        while unsafe poll(&polled, nfds_t(polled.count), -1) < 0, errno == EINTR {}
        return polled[1].revents == 0
    }
}
