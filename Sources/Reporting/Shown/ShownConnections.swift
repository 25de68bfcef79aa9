import Diagnosing
import Tracking

/// One connection of the list of all, in words.
struct ConnectionRow {
    /// The names of its fields.
    static let heads = ["begin", "connection", "outcome", "history", "state", "SYN-ACK after"]
    /// What the letters of a history and the state mean.
    static let legend = """
        In a history each letter stands for the first packet of its kind, capitals for the client's: S SYN, \
        h SYN-ACK, A ACK, D data, F FIN, R RST, i ICMP error; ^ is a capture that began within the connection. \
        States are Zeek's conn_state: S0 no answer, S1 answered and not closed, SF closed by both, S2 and S3 \
        closed by one, REJ refused, RSTO and RSTR reset by client or server, OTH begun before the capture.
        """

    let fields: [String]

    init(_ handshake: Handshake, clock: LocalTime) {
        fields = [
            clock.time(handshake.begin), "\(handshake.initiator) → \(handshake.responder)",
            handshake.outcome.name, handshake.history.text, handshake.connectionState.rawValue,
            handshake.answerDelay.map { Wording.duration(Int64($0) * 1000) } ?? "",
        ]
    }
}
