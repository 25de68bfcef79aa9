import Glibc

/// The clocks that a live analysis looks at, in nanoseconds.
enum Clocks {
    /// A clock that is never set.
    static var monotonic: Int64 { read(CLOCK_MONOTONIC) }

    /// Since 1970, as packets are stamped.
    static var wall: Int64 { read(CLOCK_REALTIME) }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
