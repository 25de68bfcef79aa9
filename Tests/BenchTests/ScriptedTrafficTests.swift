import Testing
import Tracking

@testable import Bench

/// Scripts that are rendered once and played many times.
@Suite struct `Scripted traffic` {
    private static let part = CastPart(
        client: 0x0A01_0203,
        server: 0xC612_FEFF,
        clientPort: 54_321,
        clientShift: 0xFFFF_FF00,
        serverShift: 0x1234_5678
    )

    /// The frames of a script as its templates give them.
    private func played(_ exchange: Exchange, as part: CastPart) -> [[UInt8]] {
        exchange.frames.map { record in
            let template = FrameTemplate(record.octets, after: 0, storedAt: 0)
            var octets = [UInt8](repeating: 0, count: 2048)
            let kept = unsafe octets.withUnsafeMutableBufferPointer { target in
                unsafe record.octets.withUnsafeBufferPointer { source in
                    guard let from = source.baseAddress, let to = target.baseAddress else {
                        return 0
                    }
                    return unsafe template.write(as: part, from: from, to: to, limit: 2048)
                }
            }
            return Array(octets.prefix(kept))
        }
    }

    private func rendered(_ exchange: Exchange, as part: CastPart) -> [[UInt8]] {
        var copy = exchange
        let isIPv4 = exchange.client.address.isIPv4
        let ends = [part.client, part.server].map {
            isIPv4
                ? Address(ipv4: $0) : Address(high: 0x2001_0DB8_0000_0000, low: UInt64($0))
        }
        copy.client = Endpoint(ends[0], port: part.clientPort)
        copy.server = Endpoint(ends[1], port: exchange.server.port)
        copy.clientShift = part.clientShift
        copy.serverShift = part.serverShift
        return copy.frames.map(\.octets)
    }

    @Test func `plays a script as if it were written for its hosts`() {
        let scripts = Programme.week.entries.map(\.exchange)

        for script in scripts {
            #expect(played(script, as: Self.part) == rendered(script, as: Self.part))
        }
    }

    @Test func `moves timestamps on, and leaves the echo of a SYN zero`() throws {
        var part = Self.part
        part.clockShift = 1000

        let frames = played(Healthy.short, as: part)

        let (syn, answer) = (frames[0], frames[1])
        #expect(syn[62..<70] == [0x06, 0x91, 0x17, 0x69, 0, 0, 0, 0])
        #expect(answer[66..<70].elementsEqual(syn[62..<66]))
    }

    @Test func `goes through the tracker in the order of time`() throws {
        let traffic = ScriptedTraffic(.week, crowd: 100, meanPause: 1_000_000)
        var source = ScriptedSource(traffic, count: 20_000)
        var tracker = Tracker()

        while try tracker.consume(next: 1000, from: &source) {}
        let tally = tracker.finish().tally

        #expect(tally.packets == 20_000)
        #expect(tally.segments + tally.icmpErrors == 20_000)
        #expect(tally.timeReversals == 0)
        #expect(tally.wrongChecksums == 0)
        #expect(tally.outcome(.completed) > 1000)
    }
}
