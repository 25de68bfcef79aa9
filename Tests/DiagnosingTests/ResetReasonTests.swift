import Diagnosing
import Testing
import Tracking

@Suite struct `A RST that gives its reason` {
    private func reset(_ step: ScriptStep) -> Exchange {
        Exchange(
            from: "192.0.2.10:50000",
            to: "198.51.100.20:8000",
            steps: [
                client.syn(seq: 1000), server.synAck(seq: 5000, ack: 1001),
                client.ack(seq: 1001, ack: 5001),
                client.data(seq: 1001, ack: 5001, length: 100), step,
            ]
        )
    }

    private func reason(_ step: ScriptStep) throws -> StatedReason? {
        let history = try #require(histories(of: reset(step)).first)
        return history.statedReason(of: try #require(history.resets().first?.event))
    }

    @Test func `as text is quoted in the finding, with its packet`() throws {
        let step = server.rst(seq: 5001).saying("BIG-IP: [0x1d25d18:1055] No local listener")

        let found = try finding(by: ResetAfterHandshake.self, in: reset(step))

        #expect(
            found[metric: "reset_reason"] == .text("BIG-IP: [0x1d25d18:1055] No local listener")
        )
        #expect(
            found.explanation.hasSuffix(
                "The RST in packet 5 carries the text “BIG-IP: [0x1d25d18:1055] No local listener”."
            )
        )
    }

    @Test func `as text is quoted beside its packet`() throws {
        let exchange = reset(server.rst(seq: 5001).saying("No local listener\r\n"))

        let history = try #require(histories(of: exchange).first)

        let remark = Annotations(history).remark(on: try #require(history.resets().first?.event))
        #expect(remark?.hasSuffix("The RST carries the text “No local listener”.") == true)
    }

    @Test func `in octets that are no text gives none`() throws {
        #expect(try reason(server.rst(seq: 5001).saying("bad \u{1} octet")) == nil)
        #expect(try reason(server.rst(seq: 5001).saying("\n\n")) == nil)
        #expect(try reason(server.rst(seq: 5001).saying("Größe")) == nil)
    }

    @Test func `in a long text is cut`() throws {
        let text = String(repeating: "reason ", count: 100)

        let found = try reason(server.rst(seq: 5001).saying(text))

        #expect(found?.code.count == 120)
    }

    @Test(arguments: [
        (UInt8(0), "unspecified"), (3, "administratively prohibited"),
        (6, "interference of a middlebox"),
    ])
    func `as an option of Multipath TCP is named`(code: UInt8, name: String) throws {
        let step = server.reset(seq: 5001, ack: 1101)
            .options(.timestamps, .octets([1, 1]), .octets([30, 4, 0x81, code]))

        let found = try reason(step)

        #expect(found?.code == "mptcp-\(code)")
        #expect(
            found?.words == "gives the Multipath TCP reason \(code), \(name) (RFC 8684 §3.6)"
        )
    }

    @Test func `beside other options of Multipath TCP gives none`() throws {
        let step = server.reset(seq: 5001, ack: 1101).options(.octets([30, 4, 0x21, 3]))

        #expect(try reason(step) == nil)
    }

    @Test func `in the window has the code of a NetScaler`() throws {
        let found = try reason(server.rst(seq: 5001).window(9811))

        #expect(found?.code == "netscaler-9811")
        #expect(
            found?.words
                == "carries a Citrix NetScaler reset code in its window field, 9811: follows a fatal TLS alert"
        )
    }

    @Test(arguments: [UInt16(0), 8192, 8200, 9000, 29200])
    func `in another window gives none`(window: UInt16) throws {
        #expect(try reason(server.rst(seq: 5001).window(window)) == nil)
    }

    @Test func `from a live socket has a real window`() throws {
        #expect(try reason(server.reset(seq: 5001, ack: 1101).window(8212)) == nil)
    }

    @Test func `whose sender has that window otherwise means nothing by it`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000).options(.maximumSegmentSize(1460))
            server.synAck(seq: 5000, ack: 1001).options(.maximumSegmentSize(1460)).window(8212)
            client.ack(seq: 1001, ack: 5001).options()
            server.rst(seq: 5001).window(8212)
        }

        let history = try #require(histories(of: exchange).first)

        #expect(history.statedReason(of: try #require(history.resets().first?.event)) == nil)
    }

    @Test func `is no data, so that nothing was lost by it`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 100)
            server.data(seq: 5001, ack: 1101, length: 100)
            client.ack(seq: 1101, ack: 5101)
            server.reset(seq: 5101, ack: 1101).after(.seconds(2)).saying("Idle timeout")
        }

        let found = try finding(by: AbortiveClose.self, in: exchange)

        #expect(found[metric: "lost_octets"] == .integer(0))
        #expect(found[metric: "reset_reason"] == .text("Idle timeout"))
    }
}
