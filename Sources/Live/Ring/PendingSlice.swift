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
    private var selection: EvidenceSelection
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
        selection = Self.selection(of: incident, takesAll: takesAll)
    }

    /// Takes what is known of the incident by now.
    mutating func update(_ incident: Incident) {
        self.incident = incident
        selection = Self.selection(of: incident, takesAll: takesAll)
    }

    private static func selection(of incident: Incident, takesAll: Bool) -> EvidenceSelection {
        EvidenceSelection([incident], takesAll: takesAll) { "packet \($0) of the live capture" }
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
            for index in found.indices.reversed() {
                let record = found[index].record
                guard selection.isEvidence(record.number) == isEvidence else { continue }
                let cost = Self.overhead + Int(record.length)
                isTaken[index] = size + cost <= limit
                if isTaken[index] { size += cost } else { omitted += 1 }
            }
        }
        for (index, packet) in found.enumerated() where isTaken[index] {
            held.append(Held(record: packet.record, start: octets.count))
            let frame = ring.frame(packet.record, before: packet.cursor)
            unsafe frame.octets.withUnsafeBytes { unsafe octets.append(contentsOf: $0) }
        }
    }

    /// Whether nothing at all was left of the incident.
    var isEmpty: Bool { held.isEmpty }

    /// Makes a file of pcapng of the slice, with the diagnosis in comments.
    ///
    /// - Parameter interfaces: by the numbers that the ring was given.
    /// - Returns: its octets.
    func pcapng(of interfaces: [CaptureInterface]) -> [UInt8] {
        var writer = PcapngWriter(
            comment: comment,
            application: "synopsis \(Report.toolVersion)",
            system: "Linux"
        )
        let unknown = CaptureInterface(name: "unknown", dataLink: 1, snapshotLength: 262_144)
        for packet in held.sorted(by: { $0.record.number < $1.record.number }) {
            let index = Int(packet.record.interface)
            let interface =
                interfaces.indices.contains(index) ? interfaces[index] : unknown
            let number = writer.number(of: interface)
            let end = packet.start + Int(packet.record.length)
            writer.addPacket(
                unsafe octets.span.bytes.extracting(packet.start..<end),
                time: packet.record.time,
                interface: number,
                originalLength: packet.record.originalLength,
                comments: selection.comments[packet.record.number] ?? []
            )
        }
        return writer.octets
    }

    private var comment: String {
        var lines = IncidentComment.lines(on: incident)
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
