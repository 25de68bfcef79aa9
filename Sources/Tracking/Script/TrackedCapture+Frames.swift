extension TrackedCapture {
    /// Follows frames in memory to their end.
    ///
    /// - Parameters:
    ///   - frames: Ethernet frames, in order of capture.
    ///   - flowLimit: the most flows at a time.
    ///   - collectsHandshakes: whether `handshakes` is filled.
    ///   - fewFlows: with no more flows than this, none is forgotten because it is over.
    ///   - quotesServers: whether words by which servers turn clients away are kept.
    ///   - thresholds: what connections are judged by.
    /// - Throws: nothing that frames in memory could be a reason for.
    package init(
        of frames: [MemoryFrames.Record],
        flowLimit: Int = 2_000_000,
        collectsHandshakes: Bool = false,
        fewFlows: Int = 1 << 16,
        quotesServers: Bool = false,
        thresholds: Thresholds = Thresholds()
    ) throws(CaptureError) {
        var tracker = Tracker(
            flowLimit: flowLimit,
            collectsHandshakes: collectsHandshakes,
            fewFlows: fewFlows,
            quotesServers: quotesServers,
            thresholds: thresholds
        )
        var source = MemoryFrames(frames, linkType: .ethernet)
        while try tracker.consume(next: 64, from: &source) {}
        self = tracker.finish()
    }
}
