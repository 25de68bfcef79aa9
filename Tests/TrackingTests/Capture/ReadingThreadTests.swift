import Testing

@testable import Tracking

/// A thread that reads ahead changes when a packet is read, and nothing else.
@Suite struct `A file that a thread reads ahead` {
    /// What a tracker made of a file.
    private struct Outcome: Equatable {
        var tally = Tally()
        var flows: [[Event]] = []
        var damage: CaptureError?
        var packets: UInt64 = 0
        var window: ClosedRange<Int64>?

        mutating func note(_ input: InputSummary) {
            packets = input.packets
            window = input.window
        }
    }

    private func outcome(
        of octets: [UInt8],
        hasThread: Bool,
        filter: String? = nil,
        limit: UInt64 = .max
    ) throws -> Outcome {
        let temporary = try TemporaryFile(octets)
        var file = try PcapFile(path: temporary.path)
        if let filter { try file.keep(only: filter) }
        var tracker = Tracker()
        var outcome = Outcome()
        do throws(CaptureError) {
            if hasThread {
                let reader = PrefetchThread(file, limit: limit, for: tracker)
                defer { outcome.note(reader.finish(damage: nil)) }
                while try tracker.consume(from: reader) {}
            } else {
                defer { outcome.note(file.summary(damage: nil)) }
                _ = try tracker.consume(next: Int(clamping: limit), from: &file)
            }
        } catch {
            outcome.damage = error
        }
        let capture = tracker.finish()
        capture.forEachSuspicious { outcome.flows.append($0.events) }
        outcome.tally = capture.tally
        // Every file of a test has a name of its own.
        outcome.damage = outcome.damage.map {
            CaptureError(input: "", offset: $0.offset, reason: $0.reason)
        }
        return outcome
    }

    /// Records of several batches: each SYN is taken back by a RST, and now and then something is
    /// no segment at all.
    private func records(_ count: Int) -> [CaptureOctets.Record] {
        (0..<count).map { number in
            let ports = Octets.big(UInt16(1000 + number / 2)) + Octets.big(80 as UInt16)
            var tcp = Octets.tcp(flags: number % 2 == 0 ? 2 : 4, options: [], payload: 0)
            tcp.replaceSubrange(0..<4, with: ports)
            let frame = Octets.ethernet(Octets.ipv4(tcp))
            let noise = [UInt8](repeating: 9, count: number % 300)
            let octets = number % 17 == 16 ? noise : frame
            return CaptureOctets.Record(fraction: UInt32(number) * 50, octets: octets)
        }
    }

    private static let count = 9_000

    @Test func `gives what it gives without`() throws {
        let octets = CaptureOctets.pcap(records(Self.count))

        let alone = try outcome(of: octets, hasThread: false)
        let ahead = try outcome(of: octets, hasThread: true)

        #expect(ahead == alone)
        #expect(ahead.tally.packets == UInt64(Self.count))
        #expect(ahead.flows.count > 3000)
    }

    @Test func `may be of the newer format`() throws {
        let octets = CaptureOctets.pcapng(records(Self.count))

        #expect(
            try outcome(of: octets, hasThread: true) == outcome(of: octets, hasThread: false)
        )
    }

    @Test(arguments: [20_000, 131_057, 140_000, 262_144])
    func `may have frames that are longer than what is read at once`(_ length: Int) throws {
        let long = [UInt8](repeating: 9, count: length)
        let records = records(3000).enumerated().flatMap { number, record in
            number % 150 == 7 ? [record, CaptureOctets.Record(octets: long), record] : [record]
        }

        for octets in [CaptureOctets.pcap(records), CaptureOctets.pcapng(records)] {
            let ahead = try outcome(of: octets, hasThread: true)

            #expect(ahead.tally.packets == UInt64(records.count))
            #expect(ahead == (try outcome(of: octets, hasThread: false)))
        }
    }

    @Test func `may have more frames in a block than fit into a batch`() throws {
        let records = (0..<40_000).map { CaptureOctets.Record(fraction: UInt32($0), octets: []) }

        let ahead = try outcome(of: CaptureOctets.pcap(records), hasThread: true)

        #expect(ahead.tally.packets == 40_000)
        #expect(ahead.window == 1_495_000_000_000_000_000...1_495_000_000_039_999_000)
    }

    @Test(arguments: [1, 90_000, 140_000])
    func `may have blocks that hold no packet`(_ length: Int) throws {
        let comment = CaptureOctets.block(0x0BAD, [UInt8](repeating: 7, count: length * 4))
        let records = records(6000)
        let empty = CaptureOctets.pcapng([])
        let packets = records.enumerated().map { number, record in
            CaptureOctets.packetBlock(record, unitsPerSecond: 1_000_000)
                + (number % 1000 == 400 ? comment : [])
        }

        let octets = empty + packets.joined()
        let ahead = try outcome(of: octets, hasThread: true)

        #expect(ahead.tally.packets == 6000)
        #expect(ahead == (try outcome(of: octets, hasThread: false)))
    }

    @Test func `may begin anew in time`() throws {
        let records = records(Self.count)
        let octets = CaptureOctets.pcap(records + records)

        let ahead = try outcome(of: octets, hasThread: true)

        // All of the second time but its last packet, which is as late as that of the first.
        #expect(ahead.tally.timeReversals == UInt64(Self.count) - 1)
        #expect(ahead == (try outcome(of: octets, hasThread: false)))
    }

    @Test func `may hold frames out of order`() throws {
        let records = Array(records(Self.count).reversed())

        let ahead = try outcome(of: CaptureOctets.pcap(records), hasThread: true)

        #expect(ahead.tally.timeReversals == UInt64(Self.count) - 1)
        #expect(ahead.window == 1_495_000_000_000_000_000...1_495_000_000_449_950_000)
        #expect(
            ahead == (try outcome(of: CaptureOctets.pcap(records), hasThread: false))
        )
    }

    @Test func `is read up to where it breaks off, and the break is told`() throws {
        let octets = CaptureOctets.pcap(records(Self.count)).dropLast(7)

        let ahead = try outcome(of: Array(octets), hasThread: true)

        #expect(ahead.tally.packets == UInt64(Self.count) - 1)
        #expect(ahead.damage?.reason.contains("the file ends after") == true)
        #expect(ahead == (try outcome(of: Array(octets), hasThread: false)))
    }

    @Test(arguments: [1, 2047, 2048, 2049, 5000] as [UInt64])
    func `ends with the last packet that was asked for`(_ limit: UInt64) throws {
        let octets = CaptureOctets.pcap(records(Self.count))

        let ahead = try outcome(of: octets, hasThread: true, limit: limit)

        #expect(ahead.tally.packets == limit)
        #expect(ahead == (try outcome(of: octets, hasThread: false, limit: limit)))
    }

    @Test func `is filtered there`() throws {
        let octets = CaptureOctets.pcap(records(Self.count))
        let filter = "tcp[tcpflags] & tcp-rst != 0"

        let ahead = try outcome(of: octets, hasThread: true, filter: filter, limit: 100)

        #expect(ahead.tally.packets == 100)
        #expect(
            ahead.flows
                == (try outcome(of: octets, hasThread: false, filter: filter, limit: 100)).flows
        )
    }

    @Test func `may be left before its end`() throws {
        let temporary = try TemporaryFile(CaptureOctets.pcap(records(60_000)))
        var tracker = Tracker()

        let reader = try PrefetchThread(PcapFile(path: temporary.path), for: tracker)
        let isMore = try tracker.consume(from: reader)
        let summary = reader.finish(damage: nil)

        #expect(isMore)
        #expect(summary.packets < 60_000)
        #expect(reader.progress.frames == tracker.tally.packets)
    }
}
