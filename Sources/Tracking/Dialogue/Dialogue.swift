/// A connection after its handshake: what both ends said last, and how it came to its end.
package struct Dialogue: BitwiseCopyable, Hashable, Sendable {
    package internal(set) var low = Speech()
    package internal(set) var high = Speech()
    /// Of each end: one past the highest sequence number that it sent, and the newest acknowledgment that it sent.
    package internal(set) var lowSent = Progress()
    package internal(set) var highSent = Progress()
    /// How long no packet had come before the first FIN or the RST, in nanoseconds; `nil` before that.
    package internal(set) var quietBeforeEnd: Int64?
    /// The TLS session in it, by its number; 0 for none.
    var session: UInt32 = 0
    /// Whose data came last.
    package internal(set) var speaker: Side = .low

    /// How far one end had come.
    package struct Progress: BitwiseCopyable, Hashable, Sendable {
        package internal(set) var next = SequenceNumber(0)
        package internal(set) var acknowledged = SequenceNumber(0)
    }

    package init() {}

    package internal(set) subscript(side: Side) -> Speech {
        @inline(always) get { side == .low ? low : high }
        @inline(always)
        _modify {
            if side == .low { yield &low } else { yield &high }
        }
    }

    /// How far one end had come when the connection ended, or the capture.
    package func progress(of side: Side) -> Progress { side == .low ? lowSent : highSent }

    /// Whether the other end has acknowledged all data of one.
    package func isAcknowledged(_ side: Side) -> Bool {
        self[side].end.distance(to: progress(of: side.other).acknowledged) >= 0
    }

    /// Whether anybody sent data.
    package var hasData: Bool { low.hasSpoken || high.hasSpoken }

    mutating func take(_ flow: borrowing Flow) {
        lowSent = Progress(next: flow.low.next, acknowledged: flow.low.acknowledged)
        highSent = Progress(next: flow.high.next, acknowledged: flow.high.acknowledged)
    }
}
