import Glibc

/// Several interfaces as one source: what came on any of them, round by round, and what was
/// dropped.
///
/// An interface that goes down or away is tried again every second, until it is back.
package struct LiveCapture: ~Copyable {
    /// Between two attempts to open an interface that was lost, in nanoseconds.
    private static let retryInterval: Int64 = 1_000_000_000

    /// The frames of the present round.
    package var frames = LiveFrames()
    private let options: LiveOptions
    private var links: [Link] = []
    private var hasMore = false

    /// One interface, open or lost.
    private struct Link {
        let name: String
        var interface: LiveInterface?
        /// libpcap's number for its link layer, as it was at first.
        let dataLink: Int32
        var nextAttempt: Int64 = 0
        /// What was counted when it was last read, since it was opened.
        var counters = LiveInterface.Counters()
        var drops = Drops()
    }

    /// Packets that the tracker never saw, since the begin.
    package struct Drops: Hashable, Sendable {
        /// For want of room in the kernel's buffer.
        package var byKernel: UInt64 = 0
        package var byInterface: UInt64 = 0

        package init() {}

        package var total: UInt64 { byKernel &+ byInterface }
    }

    /// What happened to an interface.
    package enum News: Hashable, Sendable {
        case lost(CaptureError)
        case back(String)
    }

    /// Opens the interfaces.
    ///
    /// - Throws: when any of them cannot be opened.
    package init(_ names: [String], _ options: LiveOptions) throws(CaptureError) {
        self.options = options
        for (place, name) in names.enumerated() {
            let interface = try LiveInterface(name, options, place: place)
            links.append(Link(name: name, interface: interface, dataLink: interface.dataLink))
            if interface.hasNanoseconds { hasNanoseconds = true }
        }
    }

    package var names: [String] { links.map(\.name) }

    /// Those of the interfaces that are open, without repetition.
    package var linkTypes: [LinkType] {
        links.compactMap(\.interface?.linkType).reduce(into: []) { types, type in
            if !types.contains(type) { types.append(type) }
        }
    }

    /// Whether any time stamp may be finer than a microsecond.
    package private(set) var hasNanoseconds = false

    package var drops: Drops {
        links.reduce(into: Drops()) {
            $0.byKernel &+= $1.drops.byKernel
            $0.byInterface &+= $1.drops.byInterface
        }
    }

    /// Each interface with libpcap's number for its link layer, and whether it is open now.
    package var interfaces: [(name: String, dataLink: Int32, isOpen: Bool)] {
        links.map { ($0.name, $0.dataLink, $0.interface != nil) }
    }

    /// What each interface dropped.
    package var dropsByInterface: [(name: String, drops: Drops)] {
        links.map { ($0.name, $0.drops) }
    }

    /// Waits for packets, and copies what came into `frames`, whose former round is over.
    ///
    /// - Parameters:
    ///   - milliseconds: how long it waits at most.
    ///   - now: the time of a clock that is never set, in nanoseconds.
    ///   - newest: of several interfaces, packets captured after it wait for the next round, in
    ///     nanoseconds since 1970: another interface may still hold earlier ones, for
    ///     `LiveInterface.blockTime` at most.
    /// - Returns: what happened to interfaces meanwhile.
    package mutating func readRound(
        waitingUpTo milliseconds: Int32,
        at now: Int64,
        upTo newest: Int64 = .max
    ) -> [News] {
        frames.beginRound()
        var news = reopenLost(at: now)
        let ready = poll(hasMore ? 0 : max(0, milliseconds))
        hasMore = false
        for place in links.indices {
            guard let interface = links[place].interface, ready[place] else { continue }
            do throws(CaptureError) {
                if try interface.read(into: &frames) { hasMore = true }
            } catch {
                readCounters(of: place)
                links[place].interface = nil
                links[place].nextAttempt = now + Self.retryInterval
                news.append(.lost(error))
            }
        }
        if links.count > 1 {
            frames.sort()
            frames.hold(after: newest)
        }
        return news
    }

    /// - Returns: for each interface, whether it has something to say.
    private func poll(_ milliseconds: Int32) -> [Bool] {
        var descriptors = links.map { link in
            pollfd(
                fd: link.interface?.descriptor ?? -1,
                events: Int16(POLLIN),
                revents: 0
            )
        }
        _ = unsafe Glibc.poll(&descriptors, nfds_t(descriptors.count), milliseconds)
        // Where a handle has nothing to wait for, only reading tells.
        return descriptors.map { $0.revents != 0 || $0.fd < 0 }
    }

    private mutating func reopenLost(at now: Int64) -> [News] {
        var news: [News] = []
        for place in links.indices where links[place].interface == nil {
            guard now >= links[place].nextAttempt else { continue }
            links[place].nextAttempt = now + Self.retryInterval
            guard let interface = try? LiveInterface(links[place].name, options, place: place)
            else { continue }
            links[place].interface = interface
            links[place].counters = LiveInterface.Counters()
            news.append(.back(interface.name))
        }
        return news
    }

    /// Reads what the kernel counts.
    ///
    /// - Returns: how many packets were dropped since the last time.
    package mutating func readCounters() -> UInt64 {
        let before = drops.total
        for place in links.indices { readCounters(of: place) }
        return drops.total &- before
    }

    private mutating func readCounters(of place: Int) {
        guard let counters = links[place].interface?.counters else { return }
        let last = links[place].counters
        // The kernel's counters are narrow, and come round.
        links[place].drops.byKernel &+=
            UInt64(counters.droppedByKernel &- last.droppedByKernel)
        links[place].drops.byInterface &+=
            UInt64(counters.droppedByInterface &- last.droppedByInterface)
        links[place].counters = counters
    }

    /// The summary of what was read so far.
    package func summary() -> InputSummary {
        InputSummary(
            name: links.map(\.name).joined(separator: ", "),
            format: "live",
            linkTypes: linkTypes,
            snapshotLength: options.snapshotLength,
            packets: frames.total,
            lastNumber: frames.total,
            numbers: frames.total > 0 ? 1...frames.total : nil,
            octets: 0,
            window: frames.window,
            hasNanoseconds: hasNanoseconds,
            drops: drops.total
        )
    }
}
