import Tracking

/// A firewall before the server that lets no SYN through.
struct Barrier {
    enum Manner {
        case drop
        /// REJECT with an ICMP error.
        case error(Refusal)
        /// REJECT --reject-with tcp-reset.
        case reset
    }

    let manner: Manner
    /// In whose name it sends its errors: the server's own, or that of a router before it.
    let sender: Address
    private var limit = ErrorLimit()

    init(_ manner: Manner, by sender: Address) {
        self.manner = manner
        self.sender = sender
    }

    /// What it sends back for an arriving SYN.
    mutating func answer(to syn: SegmentFields, _ identification: UInt16, at now: Int64) -> Parcel?
    {
        switch manner {
        case .drop:
            return nil
        case .error(let refusal):
            guard limit.allows(at: now) else { return nil }
            return Parcel(
                source: sender,
                destination: syn.source.address,
                content: .error(refusal, about: syn, identification: identification),
                identification: UInt16(truncatingIfNeeded: now) | 1,
                isFromClient: false
            )
        case .reset:
            let reset = SegmentFields.reset(answering: syn)
            return Parcel(
                source: syn.destination.address,
                destination: syn.source.address,
                content: .segment(reset),
                identification: 0,
                isFromClient: false
            )
        }
    }
}
