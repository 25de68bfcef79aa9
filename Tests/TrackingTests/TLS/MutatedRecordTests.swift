import Testing

@testable import Tracking

/// Nothing that a packet can hold brings the reader down, or makes it count what was not there.
@Suite struct `Records that make no sense` {
    private static let octets: [UInt8] = [
        ScriptRecord.serverHello(version: 0x0304, suite: 0x1301), .certificate, .serverHelloDone,
        .changeCipherSpec, .finished, .applicationData(300), .alert(level: 2, code: 40),
        .clientHello(serverName: "a.example", applicationProtocol: "h2"),
    ].flatMap(\.encoded)

    @Test(arguments: 0..<400 as Range<UInt64>)
    func `are taken as they come`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var octets = Self.octets
        for _ in 0..<Int.random(in: 0...12, using: &random) {
            let position = Int.random(in: octets.indices, using: &random)
            octets[position] = UInt8.random(in: 0...255, using: &random)
        }
        let cuts = (0..<6).map { _ in Int.random(in: 0...octets.count, using: &random) }.sorted()
        var steps = Exchange {
            ScriptOpening.tcp
            client.tls(.clientHello(serverName: "example.org"))
            segments(of: octets, cutAt: cuts, from: server)
            segments(of: octets, cutAt: cuts, from: client)
        }.steps
        let said = steps[3...].shuffled(using: &random)
        steps.replaceSubrange(3..., with: said)

        let tracked = try track(
            Exchange(from: "192.0.2.10:50000", to: "198.51.100.20:443", steps: steps).frames
        )

        let sessions = tracked.flows.flatMap(\.streams).compactMap(\.tls)
        for stream in sessions.flatMap({ [$0.low, $0.high] }) {
            #expect(stream.dataOctets <= octets.count + Int(UInt16.max))
        }
    }
}
