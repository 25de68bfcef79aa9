/// A capture whose frames are rewritten before anybody reads them.
package struct AnonymisedSource<Source: CaptureSource & ~Copyable>: ~Copyable, CaptureSource {
    private var source: Source
    private var rewriter: FrameRewriter

    package init(_ source: consuming Source, _ key: AnonymityKey) {
        self.source = source
        rewriter = FrameRewriter(key)
    }

    package mutating func advance() throws(CaptureError) -> Bool {
        guard try source.advance() else { return false }
        rewriter.removeAll()
        rewriter.rewrite(source.frame)
        return true
    }

    package mutating func advanceInPlace() -> CaptureStep {
        guard rewriter.hasRoom, case .frame = source.advanceInPlace() else { return .blocked }
        rewriter.rewrite(source.frame)
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
        get {
            Frame(
                octets: rewriter.bytes,
                time: source.frame.time,
                number: source.frame.number,
                originalLength: source.frame.originalLength,
                linkType: source.frame.linkType
            )
        }
    }
}

extension AnonymisedSource: DescribedSource where Source: DescribedSource & ~Copyable {
    /// Without its name.
    package var interface: CaptureInterface {
        var interface = source.interface
        interface.name = nil
        return interface
    }
}
