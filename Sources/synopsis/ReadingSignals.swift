import Glibc
import Tracking

/// Ctrl-C while captures are read ends the reading, and the report follows; a second one quits.
enum ReadingSignals {
    /// What shells report of a program that Ctrl-C ended.
    static let quit: Int32 = 130

    /// From now on SIGINT and SIGTERM end the reading.
    static func arm() {
        Interruption.arm()
        // A parent may have left them blocked.
        var none = sigset_t()
        unsafe sigemptyset(&none)
        _ = unsafe sigprocmask(SIG_SETMASK, &none, nil)
        for number in [SIGINT, SIGTERM] {
            let former = signal(number) { _ in
                if Interruption.request() { _exit(ReadingSignals.quit) }
            }
            // Whoever started this program in the background does not want it to be ended so.
            if unsafe unsafeBitCast(former, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) {
                _ = signal(number, SIG_IGN)
            }
        }
    }

    /// The reading is over: unless it was ended so, a signal ends the program.
    static func disarm() {
        guard !Interruption.isRequested else { return }
        for number in [SIGINT, SIGTERM] {
            let former = signal(number, SIG_DFL)
            if unsafe unsafeBitCast(former, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) {
                _ = signal(number, SIG_IGN)
            }
        }
    }
}
