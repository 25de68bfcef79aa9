import Glibc

/// A thread that runs until its work is done, and must be joined.
package struct StartedThread: Sendable {
    private let thread: pthread_t

    /// What the thread runs; held by the thread alone.
    private final class Work: Sendable {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Begins to run `body`; signals are for the threads that expect them.
    ///
    /// - Throws: why there is no thread.
    package init(_ body: @escaping @Sendable () -> Void) throws(ThreadFault) {
        var (all, before) = (sigset_t(), sigset_t())
        unsafe sigfillset(&all)
        unsafe pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { _ = unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
        var thread = pthread_t()
        let work = unsafe Unmanaged.passRetained(Work(body))
        let status = unsafe pthread_create(
            &thread,
            nil,
            { work in
                guard let work = unsafe work else { return nil }
                unsafe Unmanaged<Work>.fromOpaque(work).takeRetainedValue().body()
                return nil
            },
            work.toOpaque()
        )
        guard status == 0 else {
            unsafe work.release()
            throw ThreadFault(number: status)
        }
        self.thread = thread
    }

    /// Waits until it has ended.
    package func join() { pthread_join(thread, nil) }
}

/// Why there is no thread.
package struct ThreadFault: Error, Sendable {
    /// The operating system's number of it.
    package let number: Int32
}
