/// Every detector, in reading order: the four that the program exists for, then the ordinary failures.
package enum Catalog {
    package static let detectors: [any Detector.Type] = [
        SYNBurst.self,
        StaleSYNACK.self,
        UnseenSYNACK.self,
        AdministrativelyProhibited.self,
        ResetLoop.self,
        PortReuse.self,
        ConnectionRefused.self,
        UnansweredSYN.self,
    ]

    package static var manuals: [Manual] { detectors.map { $0.manual } }

    package static func detector(named id: String) -> (any Detector.Type)? {
        detectors.first { $0.manual.id == id }
    }
}
