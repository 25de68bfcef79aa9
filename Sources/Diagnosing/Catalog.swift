/// Every detector, in reading order: the four that the program exists for, then the ordinary
/// failures.
package enum Catalog {
    package static let detectors: [any Detector.Type] = [
        SYNBurst.self,
        StaleSYNACK.self,
        UnseenSYNACK.self,
        AdministrativelyProhibited.self,
        ResetLoop.self,
        PortReuse.self,
        ConnectionRefused.self,
        UnansweredSYN.self,
        Unreachable.self,
        OptionViolation.self,
        TimestampMismatch.self,
        FastOpenFallback.self,
        ECNFallback.self,
        SYNCookie.self,
        TimeWaitCollision.self,
        ChallengeACK.self,
        RetransmittedSYNACK.self,
        AcceptQueueOverflow.self,
        ResetAfterHandshake.self,
        ListenerCrash.self,
        HostRestart.self,
        ServiceRestart.self,
        MTUBlackHole.self,
        RetransmissionTimeout.self,
        IdleStateLost.self,
        ZeroWindowStall.self,
        ACKLoop.self,
        UnreceivedACKs.self,
        SilentConnection.self,
        UnansweredRequest.self,
        HalfCloseStall.self,
        AbortiveClose.self,
        IdleTimeoutClose.self,
        MisroutedSYNACK.self,
        UntranslatedSegment.self,
        SlowHandshake.self,
        TimestampRegression.self,
        InjectedReset.self,
        BadChecksum.self,
        ReconnectLoop.self,
        SYNFlood.self,
        PortScan.self,
        DuplicateAddress.self,
        ChangedSYNACK.self,
        SimultaneousOpen.self,
        SplitHandshake.self,
        RawSocketClient.self,
        ProtocolMismatch.self,
        TurnedAway.self,
        AuthenticationMismatch.self,
        CertificateRejected.self,
        TLSHandshakeReset.self,
        TLSFatalAlert.self,
        TLSEarlyShutdown.self,
        TLSPrematureClose.self,
        TLSOneSidedClose.self,
        PlaintextAfterTLS.self,
        UnregisteredProgram.self,
    ]

    /// Their manuals, in the same order.
    package static let manuals = detectors.map { $0.manual }

    private static let indices = Dictionary(
        uniqueKeysWithValues: manuals.enumerated().map { ($1.id, $0) }
    )

    package static func detector(named id: String) -> (any Detector.Type)? {
        indices[id].map { detectors[$0] }
    }

    /// The ids of the pathologies that bring this one about, if they are there too.
    static func causes(of id: String) -> [String] {
        indices[id].map { manuals[$0].followsFrom } ?? []
    }

    /// The sources of its manual, as a report names them.
    package static func references(of id: String) -> [String] {
        references[id] ?? []
    }

    private static let references = Dictionary(
        uniqueKeysWithValues: manuals.map { ($0.id, $0.sources.map(\.description)) }
    )
}
