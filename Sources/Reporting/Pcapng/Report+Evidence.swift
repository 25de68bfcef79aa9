import Diagnosing
import Tracking

/// What a capture with the diagnosis in it takes of a report.
extension Report {
    /// The incidents that each line of the overview stands for, the worst first.
    package var overviewLines: [[Incident]] {
        IncidentLine.lines(for: incidents).map { line in line.members.map { incidents[$0] } }
    }

    /// Where a packet was captured: `packet 7 of nfs.pcap`.
    package func origin(of packet: UInt64) -> String {
        guard let origins else {
            let name =
                inputs.first.map { " of \(ShownText(foreign: Self.fileName($0.name)))" } ?? ""
            return "packet \(packet)\(name)"
        }
        guard let origin = origins.origin(of: packet), inputs.indices.contains(origin.input) else {
            return "packet \(packet)"
        }
        let name = ShownText(foreign: Self.fileName(inputs[origin.input].name))
        return "packet \(origin.number) of \(name)"
    }

    /// Without the folders, which say where somebody keeps it.
    private static func fileName(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }
}
