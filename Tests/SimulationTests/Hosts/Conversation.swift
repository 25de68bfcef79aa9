/// What client and server say once they are connected: some questions, as many answers, a close.
struct Conversation {
    enum Closer: CaseIterable {
        case client
        case server
        /// Each of them when it has nothing more to say.
        case both
    }

    /// Octets that the server sends first.
    var greeting = 0
    var rounds = 1
    /// Octets of every question and every answer.
    var question = 100
    var answer = 400
    /// How long each side thinks before it says something, in nanoseconds.
    var thought: Int64 = 0
    var closer = Closer.client

    /// What one side wants to do next, given how many octets it has sent and received.
    func next(isClient: Bool, sent: Int, received: Int, peerHasClosed: Bool) -> Step? {
        let spoken = isClient ? rounds * question : greeting + rounds * answer
        let heard = isClient ? greeting + rounds * answer : rounds * question
        if sent < spoken, !(isClient && peerHasClosed) {
            let turn =
                isClient ? sent / question : sent < greeting ? -1 : (sent - greeting) / answer
            let prelude = isClient ? greeting + turn * answer : (turn + 1) * question
            guard received >= prelude else { return nil }
            return .say(isClient ? question : turn < 0 ? greeting : answer)
        }
        let isCloser = closer == .both || (closer == .client) == isClient
        return peerHasClosed || isCloser && received >= heard ? .close : nil
    }

    enum Step {
        case say(Int)
        case close
    }
}
