import Diagnosing
import Tracking

/// Keeps recent packets, and writes those of an incident to a file of their own once it is grave
/// enough.
package struct TriggeredSlices: ~Copyable {
    /// What is kept, and when it is written.
    package struct Settings: Sendable {
        /// Octets of memory for recent packets.
        package var memory = 64 << 20
        /// How long a packet is kept, in nanoseconds; `nil` for as long as there is room.
        package var span: Int64?
        /// From which severity on an incident is written.
        package var trigger = Severity.error
        /// How long packets are added behind the finding, in nanoseconds.
        package var after: Int64 = 2_000_000_000
        /// Whether all packets are written, and not those of the incident's flows only.
        package var takesAll = false
        /// As many octets a slice may have, about.
        package var sliceSize = 16_000_000

        package init() {}
    }

    /// As many incidents are followed at a time.
    private static let pendingLimit = 8
    /// Of as many incidents it is remembered that they were written.
    private static let memoryLimit = 4096

    package private(set) var ring: PacketRing
    /// By the numbers that packets are given with.
    package var interfaces: [CaptureInterface]
    /// Incidents that came while too many others were followed.
    package private(set) var refused: UInt64 = 0
    private let settings: Settings
    private let folder: SliceFolder
    private var pending: [PendingSlice] = []
    private var finished: Set<String> = []
    private var order: [String] = []

    package init(_ settings: Settings, interfaces: [CaptureInterface], folder: SliceFolder) {
        self.settings = settings
        self.interfaces = interfaces
        self.folder = folder
        ring = PacketRing(capacity: settings.memory, span: settings.span)
    }

    /// Keeps a packet.
    ///
    /// - Parameters:
    ///   - frame: the packet.
    ///   - interface: its index in `interfaces`.
    package mutating func append(_ frame: borrowing Frame, interface: UInt32) {
        ring.append(frame, interface: interface)
    }

    /// Looks at an incident that is new or has grown.
    ///
    /// - Parameters:
    ///   - incident: as it is known by now.
    ///   - now: the time, in nanoseconds since 1970.
    package mutating func consider(_ incident: Incident, at now: Int64) {
        guard incident.severity >= settings.trigger else { return }
        if let index = pending.firstIndex(where: { $0.incident.id == incident.id }) {
            pending[index].update(incident)
            return
        }
        guard !finished.contains(incident.id) else { return }
        guard pending.count < Self.pendingLimit else {
            refused &+= 1
            return
        }
        let (end, isTooFar) = now.addingReportingOverflow(settings.after)
        var slice = PendingSlice(
            incident,
            takesAll: settings.takesAll,
            limit: settings.sliceSize,
            end: isTooFar ? .max : end
        )
        slice.collect(from: ring)
        pending.append(slice)
        remember(incident.id)
    }

    /// Takes what came since, and writes the slices whose time has come: to be called at every
    /// look.
    ///
    /// - Parameter now: the time, in nanoseconds since 1970.
    package mutating func proceed(at now: Int64) {
        for index in pending.indices { pending[index].collect(from: ring) }
        for slice in pending where slice.end <= now { write(slice) }
        pending.removeAll { $0.end <= now }
    }

    /// Writes all that waits, at the end of the capture, and waits for it to be written until a
    /// deadline.
    package mutating func finish(by deadline: ContinuousClock.Instant) {
        proceed(at: .max)
        folder.close(by: deadline)
    }

    private func write(_ slice: PendingSlice) {
        guard !slice.isEmpty else { return }
        folder.write(
            slice.pcapng(of: interfaces),
            at: slice.incident.firstSeen,
            incident: slice.incident.id
        )
    }

    private mutating func remember(_ id: String) {
        finished.insert(id)
        order.append(id)
        if order.count > Self.memoryLimit { finished.remove(order.removeFirst()) }
    }
}
