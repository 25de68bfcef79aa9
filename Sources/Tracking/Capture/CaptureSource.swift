/// Where frames come from: a file, a pipe, an interface, a script.
///
/// A cursor: `advance()`, then look at `frame`. So a merge of several sources can hold one frame of
/// each, and nothing is copied. Everything behind the source is the same code for all of them.
package protocol CaptureSource: ~Copyable {
    /// Steps to the next frame.
    ///
    /// - Returns: `false` at the end of the input.
    /// - Throws: when the input is damaged; the frames before it remain good.
    mutating func advance() throws(CaptureError) -> Bool

    /// Steps to the next frame, but only if the frames before it stay where they are.
    mutating func advanceInPlace() -> CaptureStep

    /// The frame that the last `advance()` stepped to.
    var frame: Frame { @_lifetime(borrow self) get }
}

/// What came of a step in place.
package enum CaptureStep: Sendable {
    case frame
    /// Only `advance()` can tell how it goes on.
    case blocked
}
