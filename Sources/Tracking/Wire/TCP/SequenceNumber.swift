/// A position in a sender's sequence space: a circle of 2³² numbers (RFC 9293 §3.4).
///
/// Deliberately not `Comparable`: on a circle nothing is smaller in general. Ask for the
/// `distance(to:)`, which is right as long as two numbers lie within half the circle.
package struct SequenceNumber: Hashable, BitwiseCopyable, Sendable {
    package var rawValue: UInt32

    @inline(always)
    package init(_ rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// How far `other` lies ahead, modulo 2³²: −2³¹ … 2³¹ − 1.
    @inline(always)
    package func distance(to other: SequenceNumber) -> Int32 {
        Int32(bitPattern: other.rawValue &- rawValue)
    }

    /// The number that lies `count` octets ahead.
    @inline(always)
    package func advanced(by count: UInt32) -> SequenceNumber {
        SequenceNumber(rawValue &+ count)
    }
}

extension SequenceNumber: CustomStringConvertible {
    package var description: String { String(rawValue) }
}
