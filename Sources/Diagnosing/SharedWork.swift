import Tracking

/// Does some work in parts at the same time, and returns when all of them are done.
///
/// - Parameters:
///   - parts: as many threads work, this one among them; for want of a thread this one does its part, too.
///   - body: what does the part with a number from 0.
func share(among parts: Int, _ body: @Sendable (Int) -> Void) {
    withoutActuallyEscaping(body) { body in
        var threads: [StartedThread] = []
        for number in 1..<max(1, parts) {
            do throws(ThreadFault) {
                threads.append(try StartedThread { body(number) })
            } catch {
                body(number)
            }
        }
        body(0)
        for thread in threads { thread.join() }
    }
}
