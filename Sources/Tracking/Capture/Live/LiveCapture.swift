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
        for (index, name) in names.enumerated() {
            let interface = try LiveInterface(name, options, index: index)
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
        for index in interfaces.indices {
            guard let interface = interfaces[index].open, isReady[index] else { continue }
            do throws(CaptureError) {
                if try interface.read(into: &frames) { reading.hasMore = true }
            } catch {
                readCounters(of: index)
                interfaces[index].open = nil
                interfaces[index].nextAttempt = now + Self.retryInterval
                reading.news.append(.lost(error))
            }
        }
        return reading
    }

    private func reopenLost(at now: Int64) -> [LiveNews] {
        var news: [LiveNews] = []
        for index in interfaces.indices where interfaces[index].open == nil {
            guard now >= interfaces[index].nextAttempt else { continue }
            interfaces[index].nextAttempt = now + Self.retryInterval
            let name = interfaces[index].name
            guard let interface = try? LiveInterface(name, options, index: index) else { continue }
            interfaces[index].open = interface
            interfaces[index].counters = LiveInterface.Counters()
            news.append(.back(name))
        }
        return news
    }

    package func readCounters() -> UInt64 {
        let before = dropped
        for index in interfaces.indices { readCounters(of: index) }
        return dropped &- before
    }

    private var dropped: UInt64 { interfaces.reduce(0) { $0 &+ $1.drops.total } }

    private func readCounters(of index: Int) {
        guard let counters = interfaces[index].open?.counters else { return }
        let last = interfaces[index].counters
        // The kernel's counters are narrow, and come round.
        interfaces[index].drops.byKernel &+=
            UInt64(counters.droppedByKernel &- last.droppedByKernel)
        interfaces[index].drops.byInterface &+=
            UInt64(counters.droppedByInterface &- last.droppedByInterface)
        interfaces[index].counters = counters
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
