import Glibc

/// One part of some work, for a thread of its own.
private final class Part: Sendable {
    let number: Int
    let body: @Sendable (Int) -> Void

    init(_ number: Int, _ body: @escaping @Sendable (Int) -> Void) {
        self.number = number
        self.body = body
    }
}

/// Does some work in parts at the same time, and returns when all of them are done.
///
/// - Parameters:
///   - parts: as many threads work, this one among them; for want of a thread this one does its part, too.
///   - body: what does the part with a number from 0.
func share(among parts: Int, _ body: @Sendable (Int) -> Void) {
    withoutActuallyEscaping(body) { body in
        var threads: [pthread_t] = []
        for number in 1..<max(1, parts) {
            let part = unsafe Unmanaged.passRetained(Part(number, body))
            var thread = pthread_t()
            let status = unsafe pthread_create(
                &thread,
                nil,
                { part in
                    guard let part = unsafe part else { return nil }
                    let mine = unsafe Unmanaged<Part>.fromOpaque(part).takeRetainedValue()
                    mine.body(mine.number)
                    return nil
                },
                part.toOpaque()
            )
            if status == 0 {
                threads.append(thread)
            } else {
                unsafe part.release()
                body(number)
            }
        }
        body(0)
        for thread in threads { pthread_join(thread, nil) }
    }
}
