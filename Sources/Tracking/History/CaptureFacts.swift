/// What a history has to know of the capture around it.
package struct CaptureFacts: Sendable {
    /// The first and last time of any packet, in nanoseconds since 1970.
    package let begin: Int64
    package let end: Int64
    /// Initiators whose answers the capture demonstrably misses.
    package let oneWayInitiators: Set<Address>

    package init(begin: Int64, end: Int64, oneWayInitiators: Set<Address> = []) {
        self.begin = begin
        self.end = end
        self.oneWayInitiators = oneWayInitiators
    }
}
