/// Frames that already lie in memory, of one link type: what scripts and tests read from.
package struct MemoryFrames: ~Copyable, CaptureSource {
    /// One stored frame.
    package struct Record: Hashable, Sendable {
        /// In nanoseconds since 1970.
        package let time: Int64
        package let octets: [UInt8]

        package init(time: Int64, octets: [UInt8]) {
            self.time = time
            self.octets = octets
        }
    }

    /// All frames end to end, and where each begins.
    private let storage: [UInt8]
    private let starts: [Int]
    private let times: [Int64]
    private let linkType: LinkType
    private var position = -1

    package init(_ records: [Record], linkType: LinkType) {
        storage = records.flatMap(\.octets)
        starts = records.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.octets.count) }
        times = records.map(\.time)
        self.linkType = linkType
    }

    package mutating func advance() throws(CaptureError) -> Bool {
        position += 1
        return position < times.count
    }

    package mutating func advanceInPlace() -> CaptureStep {
        guard position + 1 < times.count else { return .blocked }
        position += 1
        return .frame
    }

    package var frame: Frame {
        @_lifetime(borrow self)
        get {
            let range = starts[position]..<starts[position + 1]
            return Frame(
                octets: unsafe storage.span.bytes.extracting(range),
                time: times[position],
                number: UInt64(position + 1),
                originalLength: UInt32(range.count),
                linkType: linkType
            )
        }
    }
}
