/// A capture file whose frames are also looked at on their way to the tracker.
package struct WatchedFile: ~Copyable, CaptureSource {
    package private(set) var file: PcapFile
    /// What looks at them.
    package private(set) var lastPackets: LastPackets

    package init(_ file: consuming PcapFile, _ lastPackets: consuming LastPackets) {
        self.file = file
        self.lastPackets = lastPackets
    }

    package mutating func advance() throws(CaptureError) -> Bool {
        guard try file.advance() else { return false }
        lastPackets.note(file.frame)
        return true
    }

    package mutating func advanceInPlace() -> CaptureStep {
        guard case .frame = file.advanceInPlace() else { return .blocked }
        lastPackets.note(file.frame)
        return .frame
    }

    package var place: Int { file.place }

    package subscript(place: Int) -> RawSpan {
        @_lifetime(borrow self)
        get { file[place] }
    }

    package var frame: Frame {
        @_lifetime(borrow self)
        get { file.frame }
    }
}
