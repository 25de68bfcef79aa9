/// What client and server say once they are connected: some questions, as many answers, a close.
struct Conversation {
    enum Closer: CaseIterable {
        case client
        case server
        /// Each of them when it has nothing more to say.
        case both
        /// The client, as soon as it has asked its last question: the answer comes to a half-closed
        /// connection.
        case clientEarly
        /// The client, with a RST once it has heard everything, as with a linger time of 0.
        case clientAborting
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
        if peerHasClosed { return .close }
        switch closer {
        case .client: return isClient && received >= heard ? .close : nil
        case .server: return !isClient && received >= heard ? .close : nil
        case .both: return received >= heard ? .close : nil
        case .clientEarly: return isClient ? .close : nil
        case .clientAborting: return isClient && received >= heard ? .abort : nil
        }
    }

    enum Step {
        case say(Int)
        case close
        case abort
    }
}
