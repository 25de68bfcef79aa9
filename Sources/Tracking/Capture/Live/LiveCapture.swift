import Glibc

/// Several interfaces as one source, and what was dropped on them.
///
/// An interface that goes down or away is tried again every second, until it is back.
package final class LiveCapture: LiveSource {
    /// Between two attempts to open an interface that was lost, in nanoseconds.
    private static let retryInterval: Int64 = 1_000_000_000

    private let options: LiveOptions
    private var interfaces: [Interface] = []
    /// Which of them had something to say when they were last asked.
    private var isReady: [Bool] = []
    package private(set) var hasNanoseconds = false

    /// One interface, open or lost.
    private struct Interface {
        let name: String
        var open: LiveInterface?
        /// libpcap's number for its link layer, as it was at first.
        let dataLink: Int32
        var nextAttempt: Int64 = 0
        /// What was counted when it was last read, since it was opened.
        var counters = LiveInterface.Counters()
        var drops = LiveDrops()
    }

    /// Opens the interfaces.
    ///
    /// - Throws: when any of them cannot be opened.
    package init(_ names: [String], _ options: LiveOptions) throws(CaptureError) {
        self.options = options
        for (place, name) in names.enumerated() {
            let interface = try LiveInterface(name, options, place: place)
            interfaces.append(
                Interface(name: name, open: interface, dataLink: interface.dataLink)
            )
            if interface.hasNanoseconds { hasNanoseconds = true }
        }
        isReady = interfaces.map { _ in false }
    }

    package var names: [String] { interfaces.map(\.name) }

    package var isMixed: Bool { interfaces.count > 1 }

    package var isBlocking: Bool { false }

    package var links: [LiveLink] {
        interfaces.map {
            LiveLink(
                name: $0.name,
                dataLink: $0.dataLink,
                linkType: $0.open?.linkType ?? LinkType(dataLink: $0.dataLink),
                isOpen: $0.open != nil,
                drops: $0.drops
            )
        }
    }

    package func wait(upTo milliseconds: Int32) {
        var descriptors = interfaces.map { interface in
            pollfd(fd: interface.open?.descriptor ?? -1, events: Int16(POLLIN), revents: 0)
        }
        _ = unsafe Glibc.poll(&descriptors, nfds_t(descriptors.count), max(0, milliseconds))
        // Where a handle has nothing to wait for, only reading tells.
        isReady = descriptors.map { $0.revents != 0 || $0.fd < 0 }
    }

    package func read(into frames: inout LiveFrames, at now: Int64) -> LiveReading {
        var reading = LiveReading()
        reading.news = reopenLost(at: now)
        for place in interfaces.indices {
            guard let interface = interfaces[place].open, isReady[place] else { continue }
            do throws(CaptureError) {
                if try interface.read(into: &frames) { reading.hasMore = true }
            } catch {
                readCounters(of: place)
                interfaces[place].open = nil
                interfaces[place].nextAttempt = now + Self.retryInterval
                reading.news.append(.lost(error))
            }
        }
        return reading
    }

    private func reopenLost(at now: Int64) -> [LiveNews] {
        var news: [LiveNews] = []
        for place in interfaces.indices where interfaces[place].open == nil {
            guard now >= interfaces[place].nextAttempt else { continue }
            interfaces[place].nextAttempt = now + Self.retryInterval
            let name = interfaces[place].name
            guard let interface = try? LiveInterface(name, options, place: place) else { continue }
            interfaces[place].open = interface
            interfaces[place].counters = LiveInterface.Counters()
            news.append(.back(name))
        }
        return news
    }

    package func readCounters() -> UInt64 {
        let before = dropped
        for place in interfaces.indices { readCounters(of: place) }
        return dropped &- before
    }

    private var dropped: UInt64 { interfaces.reduce(0) { $0 &+ $1.drops.total } }

    private func readCounters(of place: Int) {
        guard let counters = interfaces[place].open?.counters else { return }
        let last = interfaces[place].counters
        // The kernel's counters are narrow, and come round.
        interfaces[place].drops.byKernel &+=
            UInt64(counters.droppedByKernel &- last.droppedByKernel)
        interfaces[place].drops.byInterface &+=
            UInt64(counters.droppedByInterface &- last.droppedByInterface)
        interfaces[place].counters = counters
    }

    package func summary() -> InputSummary {
        var types: [LinkType] = []
        for type in interfaces.compactMap(\.open?.linkType) where !types.contains(type) {
            types.append(type)
        }
        return InputSummary(
            name: names.joined(separator: ", "),
            format: "live",
            linkTypes: types,
            snapshotLength: options.snapshotLength,
            packets: 0,
            lastNumber: 0,
            octets: 0,
            window: nil,
            hasNanoseconds: hasNanoseconds,
            drops: dropped
        )
    }
}
