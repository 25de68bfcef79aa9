import Tracking

/// Does some work in parts at the same time, and returns when all of them are done.
///
/// - Parameters:
///   - parts: as many threads work, this one among them; for want of a thread this one does its
///     part, too.
///   - body: what does the part with a number from 0.
private func share(among parts: Int, _ body: @Sendable (Int) -> Void) {
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

/// What is made of each of many things, in their order, by several threads at the same time.
///
/// - Parameters:
///   - count: how many things there are.
///   - threads: as many threads work; with few things only this one does.
///   - body: what makes something of the thing with a number from 0.
/// - Returns: one result for each.
package func shared<Result: Sendable>(
    _ count: Int,
    among threads: Int,
    _ body: @Sendable (Int) -> Result
) -> [Result] {
    // With fewer things the other core would not have begun when they are done.
    guard threads > 1, count >= 64 else { return (0..<count).map(body) }
    // Neighbours, so that two threads seldom write to one cache line; several runs for each, so
    // that none waits long.
    let length = max(1, count / (threads * 8))
    var results = [Result?](repeating: nil, count: count)
    unsafe results.withUnsafeMutableBufferPointer { slots in
        // Each place is written by one thread, and read when all have ended.
        nonisolated(unsafe) let slots = unsafe slots
        share(among: threads) { part in
            for begin in stride(from: part * length, to: count, by: threads * length) {
                for slot in begin..<min(count, begin + length) {
                    unsafe slots[slot] = body(slot)
                }
            }
        }
    }
    return results.compactMap(\.self)
}
