/// Why an input, or the rest of it, could not be read: one sentence, with the offset.
package struct CaptureError: Error, Hashable, Sendable {
    /// The input's name as the user gave it.
    package let input: String
    /// Where in the input, in octets from its begin; `nil` where no place applies.
    package let offset: UInt64?
    /// What was expected and what was there.
    package let reason: String

    package init(input: String, offset: UInt64? = nil, reason: String) {
        self.input = input
        self.offset = offset
        self.reason = reason
    }
}

extension CaptureError {
    /// The same of an input that goes by another name.
    package func renamed(_ name: String) -> CaptureError {
        CaptureError(input: name, offset: offset, reason: reason.replacing(input, with: name))
    }
}

extension CaptureError: CustomStringConvertible {
    package var description: String { shown.text }

    /// The same, as it may be shown.
    package var shown: ShownText {
        guard let offset else { return "\(foreign: input): \(foreign: reason)" }
        return "\(foreign: input): at byte \(offset): \(foreign: reason)"
    }
}
