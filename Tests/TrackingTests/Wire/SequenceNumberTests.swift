import Testing
import Tracking

/// Sequence arithmetic on the circle of 2³² numbers (RFC 9293 §3.4).
@Suite struct `A sequence number` {
    @Test(
        arguments: [
            (0, 1, 1), (1, 0, -1), (4294967295, 0, 1), (0, 4294967295, -1), (4294967000, 296, 592),
            (5, 5, 0), (0, 2147483647, 2147483647), (0, 2147483648, -2147483648),
        ] as [(UInt32, UInt32, Int32)]
    )
    func `knows how far another lies ahead, across the wrap`(
        _ first: UInt32,
        second: UInt32,
        distance: Int32
    ) {
        #expect(SequenceNumber(first).distance(to: SequenceNumber(second)) == distance)
    }

    @Test(
        arguments: [0, 1, 2147483647, 4294967295] as [UInt32],
        [0, 1, 1460, 2147483647] as [UInt32]
    )
    func `is as far away as it was advanced`(_ start: UInt32, count: UInt32) {
        let number = SequenceNumber(start)

        #expect(number.distance(to: number.advanced(by: count)) == Int32(count))
    }

    @Test func `is written without sign and grouping`() {
        #expect(SequenceNumber(4294967295).description == "4294967295")
    }
}
