/// ICMP errors about the flow.
extension Flow {
    /// How far from the sender's newest sequence number a quoted one may lie, in octets: a forged or old
    /// error rarely comes that near (RFC 5927 §4.1).
    private static let quoteWindow: Int32 = 1 << 24

    /// Whether `side` can have sent the quoted segment; a RST may carry sequence number 0.
    func mayHaveSent(_ quoted: QuotedPacket, from side: Side) -> Bool {
        if quoted.sequence.rawValue == 0 || phase == .halfOpen || phase == .answered
            || phase == .reset
        {
            return true
        }
        let distance = self[side].next.distance(to: quoted.sequence)
        return (-Self.quoteWindow...Self.quoteWindow).contains(distance)
    }

    /// - Returns: whether the error is suspicious: path-MTU discovery is not (RFC 1191, RFC 8201).
    mutating func note(_ error: ICMPError, from side: Side) -> Bool {
        history.note(.icmp)
        icmpErrors = icmpErrors == .max ? .max : icmpErrors + 1
        let isV4 = error.quoted.source.address.isIPv4
        let isPathMTU = isV4 ? error.type == 3 && error.code == 4 : error.type == 2
        if isPathMTU { return false }
        if phase == .halfOpen || phase == .answered { marks.insert(.rejected) }
        return true
    }
}
