import Diagnosing
import Reporting
import Tracking

/// The packets of one incident, until what comes after it was captured, too.
struct PendingSlice {
    /// A packet, and where its octets lie among those of all.
    private struct Held {
        let record: PacketRing.Record
        let start: Int
    }

    /// What a block of a packet takes beside its octets.
    private static let overhead = 44

    private(set) var incident: Incident
    /// When it is written at the latest, in nanoseconds since 1970.
    let end: Int64
    private let takesAll: Bool
    /// In octets.
    private let limit: Int
    private var selection: SliceSelection
    private var held: [Held] = []
    private var octets: [UInt8] = []
    private var size = 0
    private var cursor = PacketRing.Cursor()
    /// Packets that belong to it and found no room.
    private(set) var omitted = 0

    init(_ incident: Incident, takesAll: Bool, limit: Int, end: Int64) {
        self.incident = incident
        self.takesAll = takesAll
        self.limit = limit
        self.end = end
        selection = SliceSelection(incident, takesAll: takesAll)
    }

    /// Takes what is known of the incident by now.
    mutating func update(_ incident: Incident) {
        self.incident = incident
        selection = SliceSelection(incident, takesAll: takesAll)
    }

    /// Takes those packets of the ring that came since the last time.
    ///
    /// Where not all find room, the evidence and the newest of the others do.
    mutating func collect(from ring: borrowing PacketRing) {
        var found: [(record: PacketRing.Record, cursor: PacketRing.Cursor)] = []
        while let record = ring.next(after: &cursor) {
            if selection.takes(ring.frame(record, before: cursor)) {
                found.append((record, cursor))
            }
        }
        var isTaken = [Bool](repeating: false, count: found.count)
        for isEvidence in [true, false] {
            for place in found.indices.reversed() {
                let record = found[place].record
                guard selection.isEvidence(record.number) == isEvidence else { continue }
                let cost = Self.overhead + Int(record.length)
                isTaken[place] = size + cost <= limit
                if isTaken[place] { size += cost } else { omitted += 1 }
            }
        }
        for (place, packet) in found.enumerated() where isTaken[place] {
            held.append(Held(record: packet.record, start: octets.count))
            let frame = ring.frame(packet.record, before: packet.cursor)
            unsafe frame.octets.withUnsafeBytes { unsafe octets.append(contentsOf: $0) }
        }
    }

    /// Whether nothing at all was left of the incident.
    var isEmpty: Bool { held.isEmpty }

    /// Makes a file of pcapng of the slice, with the diagnosis in comments.
    ///
    /// - Parameter interfaces: by the places that the ring was given.
    /// - Returns: its octets.
    func pcapng(of interfaces: [SliceInterface]) -> [UInt8] {
        var writer = PcapngWriter(
            comment: comment,
            application: "synopsis \(Report.toolVersion)",
            system: "Linux"
        )
        var numbers: [UInt32: UInt32] = [:]
        for packet in held.sorted(by: { $0.record.number < $1.record.number }) {
            let place = packet.record.interface
            let interface =
                interfaces.indices.contains(Int(place))
                ? interfaces[Int(place)] : SliceInterface(name: "unknown", dataLink: 1)
            let number =
                numbers[place]
                ?? writer.addInterface(
                    name: interface.name,
                    dataLink: interface.dataLink,
                    snapshotLength: interface.snapshotLength
                )
            numbers[place] = number
            writer.addPacket(
                octets[packet.start..<packet.start + Int(packet.record.length)],
                time: packet.record.time,
                interface: number,
                originalLength: packet.record.originalLength,
                comments: selection.comments[packet.record.number] ?? []
            )
        }
        return writer.octets
    }

    private var comment: String {
        var lines = ["\(incident.severity.name.uppercased()): \(incident.headline)"]
        lines += [incident.verdict]
        for (place, link) in incident.chain.enumerated() {
            lines.append("\(place + 1). \(link.finding.pathology): \(link.finding.summary)")
        }
        for issue in incident.knownIssues {
            lines.append("Known: \(issue.title) (\(issue.reference)).")
        }
        let numbers = Set(held.map(\.record.number))
        let missing = selection.comments.keys.filter { !numbers.contains($0) }.sorted()
        if !missing.isEmpty {
            let list = missing.map(String.init).joined(separator: ", ")
            lines.append("No longer in memory when this was written: packets \(list).")
        }
        if omitted > 0 { lines.append("\(omitted) packets did not fit (--slice-size).") }
        lines.append("Incident \(incident.id), from a live capture.")
        return lines.joined(separator: "\n")
    }
}

/// An interface as a slice describes it.
package struct SliceInterface: Hashable, Sendable {
    package let name: String
    /// libpcap's number for its link layer.
    package let dataLink: Int32
    /// In octets.
    package let snapshotLength: UInt32

    package init(name: String, dataLink: Int32, snapshotLength: UInt32 = 262_144) {
        self.name = name
        self.dataLink = dataLink
        self.snapshotLength = snapshotLength
    }
}
