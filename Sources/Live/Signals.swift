import Glibc

/// Signals that end a capture.
enum Signals {
    /// Lets SIGINT and SIGTERM end the process at once again, whatever waits.
    static func restoreDefault() {
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        for number in [SIGINT, SIGTERM] {
            _ = signal(number, SIG_DFL)
            unsafe sigaddset(&signals, number)
        }
        _ = unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }
}
