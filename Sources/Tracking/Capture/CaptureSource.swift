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

    /// The frame that the last `advance()` stepped to.
    var frame: Frame { @_lifetime(borrow self) get }
}
