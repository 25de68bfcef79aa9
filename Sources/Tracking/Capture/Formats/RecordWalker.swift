/// Who walks the records of a capture file of one format.
protocol RecordWalker {
    /// Steps to the next record if it is ahead as a whole, so that nothing must be moved.
    ///
    /// - Returns: `false` where it is not, or only a step with more care can tell.
    mutating func advanceInPlace(
        in stretch: inout OctetStretch,
        to record: inout CapturedRecord
    ) -> Bool
}

extension OctetWindow {
    /// Steps to the next record if it is ahead as a whole.
    @inline(always)
    mutating func advance(
        with walker: inout some RecordWalker,
        to record: inout CapturedRecord
    ) -> Bool {
        var ahead = ahead
        guard walker.advanceInPlace(in: &ahead, to: &record) else { return false }
        step(to: ahead)
        return true
    }
}
