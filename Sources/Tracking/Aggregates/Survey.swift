/// A whole capture as the tracker counted it: what a detector asks that looks at many flows
/// together.
package struct Survey: Sendable {
    package let aggregates: Aggregates
    package let neighbours: Neighbours
    package let portmap: PortmapLog
    package let capture: CaptureFacts
}
