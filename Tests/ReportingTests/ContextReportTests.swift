import Testing
import Tracking

@testable import Reporting

/// What a report says of VLANs and tunnels.
@Suite struct `A report on tagged frames` {
    private let refusal = Exchange {
        client.syn(seq: 9000)
        server.rstAck(ack: 9001)
    }

    private func lines(_ exchange: Exchange) throws -> (text: String, json: String) {
        let report = try report(on: exchange.frames)
        return (TextReport(report).text, JSONReport(report).text)
    }

    @Test func `names all tags`() throws {
        let (text, json) = try lines(refusal.tagged([7, 100]))

        #expect(text.contains(", in VLAN 7, VLAN 100\n"))
        #expect(json.contains("\"vlan\":[7,100]"))
        #expect(!json.contains("\"tunnel\""))
    }

    @Test func `says where the answers were tagged otherwise`() throws {
        #expect(
            try lines(refusal.tagged([7], answers: [8])).text
                .contains(", in VLAN 7, answered in VLAN 8\n")
        )
        #expect(
            try lines(refusal.tagged([], answers: [8])).text
                .contains(", in no VLAN, answered in VLAN 8\n")
        )
    }

    @Test func `says nothing of frames without`() throws {
        let (text, json) = try lines(refusal)

        #expect(!text.contains(", in "))
        #expect(!json.contains("\"vlan\""))
    }
}
