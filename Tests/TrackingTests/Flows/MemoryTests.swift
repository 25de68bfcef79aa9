import Testing

@testable import Tracking

/// What one flow and one event cost.
@Suite struct `The memory` {
    @Test func `of a flow and of an event is pinned`() {
        #expect(MemoryLayout<Flow>.stride == 168)
        #expect(MemoryLayout<Event>.stride == 80)
        #expect(MemoryLayout<StreamEnd>.stride == 72)
        #expect(MemoryLayout<FlowKey>.size == 36)
        #expect(MemoryLayout<EventLog>.size == 12)
    }
}
