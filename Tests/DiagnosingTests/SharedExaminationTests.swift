import Diagnosing
import Testing
import Tracking

/// Flows may be examined on several cores.
@Suite struct `Flows that two threads examine` {
    @Test func `give the incidents that one gives`() throws {
        let frames = (0..<400).flatMap { number in
            var exchange = Exchange(from: "10.0.\(number % 7).1:\(2000 + number)") {
                client.syn(seq: 1000)
                if number % 3 == 0 { server.rstAck(ack: 1001) }
                client.syn(seq: 1000).after(.seconds(1))
            }
            exchange.begin = Int64(number) * 1_000_000
            return exchange.frames
        }
        let capture = try TrackedCapture(of: frames)
        var flows = 0
        capture.forEachSuspicious { _ in flows += 1 }

        var alone = Diagnosis()
        alone.consume(capture)
        var shared = Diagnosis()
        shared.consume(try TrackedCapture(of: frames), threads: 2)

        #expect(flows == 400)
        #expect(!alone.incidents.isEmpty)
        #expect(shared.incidents.map(\.verdict) == alone.incidents.map(\.verdict))
        #expect(
            shared.incidents.map { $0.chain.map(\.finding) }
                == alone.incidents.map { $0.chain.map(\.finding) }
        )
    }
}
