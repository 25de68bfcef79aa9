/// A connection that came up and did not end well, as the tracker hands it over with the events of its flow.
package struct StreamSummary: Hashable, Sendable {
    /// Which life of the four-tuple it was.
    package let incarnation: UInt16
    package let stream: StreamSummary
    /// `nil` for a connection that is no TLS session.
    package let tls: TLSSession?
    /// The host that the ClientHello names.
    package internal(set) var serverName: String?
    /// The first application protocol that the ClientHello offers.
    package internal(set) var applicationProtocol: String?
    /// Whether its handshake was captured: otherwise it is a guess who began it.
    package let hasBeginning: Bool
    /// When it was looked at last: at its end, or at the end of the capture, in nanoseconds since 1970.
    package let time: Int64
    /// Whether both FINs were acknowledged.
    package let isClosed: Bool
    /// Of a TLS session that the responder reset before it had sent application data: how many connections of the
    /// service it reset after the same last message of the initiator, this one among them.
    package internal(set) var resetsAlike = 0
    /// How many connections of the service the responder reset within 100 ms of this one, this one among them.
    package internal(set) var resetsAtOnce = 0
}
