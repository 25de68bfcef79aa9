import Testing

@testable import Tracking

@Suite struct `Frames of interfaces` {
    private func add(_ time: Int64, _ octets: [UInt8], to frames: inout LiveFrames) -> Bool {
        unsafe octets.withUnsafeBytes { octets in
            unsafe frames.append(
                octets,
                time: time,
                originalLength: UInt32(octets.count),
                linkType: .ethernet
            )
        }
    }

    private func times(of frames: inout LiveFrames) throws -> [Int64] {
        var times: [Int64] = []
        while try frames.advance() { times.append(frames.frame.time) }
        return times
    }

    @Test func `are numbered on from round to round`() throws {
        var frames = LiveFrames()
        var numbers: [UInt64] = []

        for round in 0..<3 {
            let total = frames.total
            frames.beginRound()
            frames.number(after: total)
            for number in 0..<2 { _ = add(Int64(round * 2 + number), [1, 2], to: &frames) }
            while try frames.advance() { numbers.append(frames.frame.number) }
        }

        let total = frames.total
        #expect(numbers == [1, 2, 3, 4, 5, 6])
        #expect(total == 6)
    }

    @Test func `of several interfaces come in the order of time`() throws {
        var frames = LiveFrames()

        frames.beginRound()
        for time in [5, 9, 3, 5, 7] as [Int64] { _ = add(time, [UInt8(time)], to: &frames) }
        frames.sort()

        let first = unsafe frames[0].unsafeLoad(fromByteOffset: 0, as: UInt8.self)
        let times = try times(of: &frames)
        #expect(times == [3, 5, 5, 7, 9])
        #expect(first == 3)
    }

    @Test func `wait for earlier ones of another interface`() throws {
        var first = LiveFrames()
        var second = LiveFrames()

        for time in [10, 40, 50] as [Int64] { _ = add(time, [UInt8(time)], to: &first) }
        first.hold(after: 20, in: &second)
        _ = add(30, [30], to: &second)
        second.sort()

        let (before, after) = (try times(of: &first), try times(of: &second))
        #expect(before == [10])
        #expect(after == [30, 40, 50])
    }

    @Test func `beyond the room are left to the next round`() {
        var frames = LiveFrames()
        let large = [UInt8](repeating: 7, count: 1 << 20)

        frames.beginRound()
        let taken = (0..<3).map { add(Int64($0), large, to: &frames) }

        #expect(taken == [true, true, false])
        let hasRoom = frames.hasRoom(for: 1)
        #expect(!hasRoom)
    }
}
