import Testing

@testable import Bench

/// The simulated week.
@Suite(.tags(.slow)) struct `A soak` {
    @Test func `fills a week with its packets, whatever their number`() throws {
        var stretches: [Soak.Stretch] = []

        // Other tests in this process take memory, too: CI asks a process of its own whether it
        // stays flat.
        _ = try Soak(packets: 400_000, flowLimit: 5000).run { stretches.append($0) }

        let last = try #require(stretches.last)
        #expect(last.packets == 400_000)
        #expect((5 * 86_400...9 * 86_400).contains(last.time))
        #expect(last.flows > 20_000)
        #expect(last.incidents > 0)
    }

    @Test func `is flat while memory stays as it was when the tables were full`() {
        var course = MemoryCourse(warmUp: 10)

        for megabytes in [1, 20, 40, 60, 80, 90, 95, 100, 100, 100, 101, 104, 100, 110] {
            course.note(megabytes << 20)
        }

        #expect(course.isFlat)
    }

    @Test func `is not flat once memory has grown beyond that`() {
        var course = MemoryCourse(warmUp: 10)

        for megabytes in [1, 20, 40, 60, 80, 90, 95, 100, 100, 100, 110, 120, 130, 140] {
            course.note(megabytes << 20)
        }

        #expect(!course.isFlat)
    }
}

/// What the process says of its memory.
@Suite(.tags(.slow)) struct `The memory of this process` {
    @Test func `grows by what is touched`() {
        let before = ProcessMemory.present

        let ballast = [UInt8](repeating: 1, count: 64 << 20)

        #expect(ProcessMemory.present >= before + 32 << 20)
        let present = ProcessMemory.present
        #expect(ProcessMemory.peak >= present)
        #expect(ballast.last == 1)
    }
}
