import Diagnosing
import Reporting
import Testing
import Tracking

/// What a report says of that which it does not tell of.
@Suite struct `A report without an incident` {
    @Test func `says that there was no packet`() throws {
        let text = try TextReport(report(on: [])).text

        #expect(text.contains("There is no packet in this capture."))
    }

    @Test func `says that no packet could be read`() throws {
        let damage = CaptureError(input: "script.pcap", offset: 24, reason: "cut")

        let text = try TextReport(report(on: [], damage: damage)).text

        #expect(text.contains("No packet could be read."))
    }

    @Test func `says that the filter matched nothing`() throws {
        let text = try TextReport(report(on: [], of: 26)).text

        #expect(text.contains("The filter matches none of 26 packets."))
        #expect(text.contains("it must begin with 'vlan and'"))
    }

    @Test func `says that something was encrypted`() throws {
        var datagrams = burst.frames
        for index in datagrams.indices {
            var octets = datagrams[index].octets
            octets[23] = 50
            datagrams[index] = MemoryFrames.Record(time: datagrams[index].time, octets: octets)
        }

        let text = try TextReport(report(on: datagrams)).text

        #expect(text.contains("No readable TCP in this capture; some of it is encrypted."))
    }

    @Test func `claims no more than was asked for`() throws {
        var selection = Diagnosis.Selection()
        selection.only = ["port-reuse"]

        let report = try report(on: burst.frames, selection: selection, isSelective: true)

        #expect(
            TextReport(report).text.hasSuffix("\nNone of the selected pathologies was found.\n")
        )
    }
}

@Suite struct `A report with an incident` {
    private let silent = Exchange(from: "192.0.2.10:50000", to: "198.51.100.20:443") {
        client.syn(seq: 1000)
        server.synAck(seq: 5000, ack: 1001)
    }

    @Test func `counts the failures that have no name`() throws {
        let text = try TextReport(report(on: burst.frames + silent.frames)).text

        let line =
            "1 more connection was not established, without a known failure; --flows lists it."
        #expect(text.split(separator: "\n").prefix(5).contains { $0 == line })
    }

    @Test func `counts none where each has one`() throws {
        #expect(try report(on: burst).unnamedFailures == 0)
    }

    @Test func `counts none where not everything was asked for`() throws {
        let frames = burst.frames + silent.frames

        #expect(try report(on: frames).unnamedFailures == 1)
        #expect(try report(on: frames, isSelective: true).unnamedFailures == 0)
    }

    @Test func `says in plain words that times went back`() throws {
        let frames = Array(burst.frames.reversed())

        let messages = try report(on: frames).warnings.map(\.message)

        #expect(
            messages.contains(
                "the capture's clock went back: 3 packets have earlier times than one before them"
            )
        )
    }
}
