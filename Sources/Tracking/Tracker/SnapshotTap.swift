/// A capture whose frames are also looked at on their way to the tracker.
package struct SnapshotTap<Source: CaptureSource & ~Copyable>: ~Copyable, CaptureSource {
    private var source: Source
    /// What looks at them.
    package private(set) var lastPackets: LastPackets

    package init(_ source: consuming Source, _ lastPackets: consuming LastPackets) {
        self.source = source
        self.lastPackets = lastPackets
    }

    package mutating func advance() throws(CaptureError) -> Bool {
        guard try source.advance() else { return false }
        lastPackets.note(source.frame)
        return true
    }

    package mutating func advanceInPlace() -> CaptureStep {
        guard case .frame = source.advanceInPlace() else { return .blocked }
        lastPackets.note(source.frame)
        return .frame
    }

    /// Hands `body` the capture, for what it knows of its input.
    package borrowing func withSource<Result>(_ body: (borrowing Source) -> Result) -> Result {
        body(source)
    }

    /// Gives the capture back.
    package consuming func finish() -> Source { source }

    package var frame: Frame {
        @_lifetime(borrow self)
        get { source.frame }
    }
}
