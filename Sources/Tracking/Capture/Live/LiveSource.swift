/// What a thread reads packets from as they come: interfaces, or a pipe.
///
/// It belongs to one thread at a time.
package protocol LiveSource: AnyObject {
    /// As the user named them.
    var names: [String] { get }

    /// Whether any time stamp may be finer than a microsecond.
    var hasNanoseconds: Bool { get }

    /// Whether the packets come from several places, so that their order must be restored.
    var isMixed: Bool { get }

    /// Whether `wait` lasts until the next packet, however long it may be asked to.
    var isBlocking: Bool { get }

    /// Each of them with what is known of it now.
    var links: [LiveLink] { get }

    /// What is to be said of the whole input, but for its packets, which are counted by who follows
    /// them.
    func summary() -> InputSummary

    /// Waits for packets.
    ///
    /// - Parameter milliseconds: how long it waits at most.
    func wait(upTo milliseconds: Int32)

    /// Copies what came, as far as there is room, and waits for nothing.
    ///
    /// - Parameters:
    ///   - frames: where packets are copied to.
    ///   - now: the time of a clock that is never set, in nanoseconds.
    /// - Returns: what happened.
    func read(into frames: inout LiveFrames, at now: Int64) -> LiveReading

    /// Reads what the kernel counts.
    ///
    /// - Returns: how many packets were dropped since the last time.
    func readCounters() -> UInt64
}

/// What came of reading once.
package struct LiveReading: Sendable {
    /// Whether more waits than found room.
    package var hasMore = false
    /// Whether the input has come to its end.
    package var isAtEnd = false
    package var news: [LiveNews] = []
}

/// What happened to an interface or a pipe.
package enum LiveNews: Hashable, Sendable {
    case lost(CaptureError)
    case back(String)
    /// The input is damaged, and ends with it.
    case damaged(CaptureError)
}

/// One place that packets come from.
package struct LiveLink: Hashable, Sendable {
    package let name: String
    /// libpcap's number for its link layer.
    package let dataLink: Int32
    package let linkType: LinkType
    package let isOpen: Bool
    package let drops: LiveDrops
}

/// Packets that the tracker never saw, since the begin.
package struct LiveDrops: Hashable, Sendable {
    /// For want of room in the kernel's buffer.
    package var byKernel: UInt64 = 0
    package var byInterface: UInt64 = 0

    package init() {}

    package var total: UInt64 { byKernel &+ byInterface }
}
