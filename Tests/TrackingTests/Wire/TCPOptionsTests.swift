import Testing
import Tracking

/// What is read from a TCP header's options (RFC 9293 §3.1), and what from a broken list of them.
@Suite struct `TCP options` {
    private let timestamps: [UInt8] = [8, 10, 0, 0, 1, 0, 0, 0, 2, 0]

    private func read(_ options: [UInt8], keeping count: Int? = nil) throws -> TCPOptions {
        let frame = Octets.ethernet(Octets.ipv4(Octets.tcp(options: options)))
        let cut = count.map { Array(frame.prefix(54 + $0)) } ?? frame
        return try #require(decode(cut).segment).options
    }

    @Test func `are none in a header of 20 octets`() throws {
        #expect(try read([]) == TCPOptions())
    }

    @Test func `of the usual layout give the timestamps`() throws {
        let options = try read([1, 1] + timestamps)

        #expect(options.presence == .timestamps)
        #expect(options.timestampValue == 256)
        #expect(options.timestampEcho == 512)
    }

    @Test(arguments: [0, 1, 2])
    func `give the timestamps wherever the padding stands`(_ leading: Int) throws {
        let padding = [UInt8](repeating: 1, count: 2)

        let options = try read(padding.prefix(leading) + timestamps + padding.dropFirst(leading))

        #expect(options.presence == .timestamps)
        #expect(options.timestampValue == 256)
        #expect(options.timestampEcho == 512)
    }

    @Test func `of a SYN give all that it offers`() throws {
        let options = try read([2, 4, 5, 0xB4, 4, 2] + timestamps + [1, 3, 3, 7])

        let all: TCPOptions.Presence = [
            .maximumSegmentSize, .selectiveAcknowledgment, .timestamps, .windowScale,
        ]
        #expect(options.presence == all)
        #expect(options.maximumSegmentSize == 1460)
        #expect(options.windowScale == 7)
        #expect(options.timestampValue == 256)
    }

    @Test(arguments: [[34, 2, 1, 1], [34, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1]] as [[UInt8]])
    func `show a fast open cookie, asked for or given`(_ list: [UInt8]) throws {
        #expect(try read(list).presence == .fastOpen)
    }

    @Test(
        arguments: [
            [2, 0, 0, 0], [2, 1, 0, 0], [2, 5, 0, 0], [1, 1, 1, 2], [3, 2, 0, 0], [8, 4, 0, 0],
            [4, 3, 0, 0], [253, 40, 0, 0], [2, 3, 5, 0xB4],
        ] as [[UInt8]]
    )
    func `with an impossible length are malformed`(_ list: [UInt8]) throws {
        #expect(try read(list).presence == .malformed)
    }

    @Test func `that are unknown are stepped over`() throws {
        #expect(
            try read([253, 4, 0, 0, 252, 18] + [UInt8](repeating: 9, count: 16) + [4, 2])
                .presence == .selectiveAcknowledgment
        )
    }

    @Test func `that sign a segment are told apart`() throws {
        let digest = [UInt8](repeating: 9, count: 16)

        #expect(try read([1, 1, 19, 18] + digest).presence == .md5Signature)
        #expect(try read([29, 20, 1, 1] + digest).presence == .authentication)
    }

    @Test func `end at the end of the list`() throws {
        #expect(try read([4, 2, 0, 2, 0, 0, 0, 0]).presence == .selectiveAcknowledgment)
    }

    @Test(arguments: 0..<20)
    func `that the snapshot length cut are cut, not malformed`(_ kept: Int) throws {
        let options = try read([2, 4, 5, 0xB4, 4, 2] + timestamps + [1, 3, 3, 7], keeping: kept)

        #expect(options.presence.contains(.cut))
        #expect(!options.presence.contains(.malformed))
        #expect(options.presence.contains(.maximumSegmentSize) == (kept >= 4))
        #expect(options.presence.contains(.timestamps) == (kept >= 16))
    }
}
