import Diagnosing
import Testing
import Tracking
@Suite struct `Scratch2` {
    @Test func `late`() throws {
        let world = World.healthy(seed: 102)
        let o = try Observation(of: world.tap.frames())
        for f in o.alarms(in: world) { print("SCRATCH", f.summary, f.firstSeen, f.evidence.map { ($0.event.packet, $0.event.time) }) }
        print("SCRATCH", world.story)
        var n = 0
        for p in world.tap.passings { n += 1; print("SCRATCH", n, p.time % 1_000_000_000_000, p.parcel.segment.source, p.parcel.segment.flags, p.parcel.segment.sequence, p.parcel.segment.acknowledgment, p.parcel.segment) ; if n > 400 { break } }
    }
}
