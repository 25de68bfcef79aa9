import Tracking

/// Where the capture is made, and what it holds.
struct Tap {
    enum Location: CaseIterable {
        case client
        case middle
        case server
        /// Both interfaces of the router in the middle, in one capture.
        case router
    }

    /// One captured parcel.
    struct Passing {
        let time: Int64
        let parcel: Parcel
    }

    let location: Location
    /// Whether a mirror port delivers every frame twice.
    let isMirrored: Bool
    /// The step of its clock, in nanoseconds.
    let granularity: Int64
    private(set) var passings: [Passing] = []

    init(at location: Location, isMirrored: Bool, granularity: Int64) {
        self.location = location
        self.isMirrored = isMirrored
        self.granularity = granularity
    }

    mutating func note(_ parcel: Parcel, at time: Int64) {
        passings.append(Passing(time: time - time % granularity, parcel: parcel))
    }

    /// Forgets everything before the first passing that `isFirst`, as if the capture had begun
    /// there.
    mutating func begin(where isFirst: (Passing) -> Bool) {
        passings.removeFirst(passings.firstIndex(where: isFirst) ?? 0)
    }

    mutating func begin(at first: Int) {
        passings.removeFirst(min(first, passings.count))
    }

    /// Ends after so many passings.
    mutating func end(after count: Int) {
        passings.removeLast(max(0, passings.count - count))
    }

    /// Forgets every passing with a certain probability, as a capture that cannot keep up does.
    mutating func lose(_ loss: Double, _ chance: inout Chance) {
        passings = passings.filter { _ in !chance.happens(loss) }
    }

    /// Swaps neighbours that are at most `slack` apart, as several queues of an interface do.
    mutating func confuse(_ share: Double, within slack: Int64, _ chance: inout Chance) {
        for index in passings.indices.dropLast() where chance.happens(share) {
            guard passings[index + 1].time - passings[index].time <= slack else { continue }
            passings.swapAt(index, index + 1)
        }
    }

    /// Forgets one direction, as a mirror port of one of two links does.
    mutating func keep(fromClient: Bool) {
        passings.removeAll { $0.parcel.isFromClient != fromClient }
    }

    /// The capture, with the sequence numbers of every host moved by what `shift` says.
    func frames(_ shift: (Address) -> UInt32 = { _ in 0 }) -> [MemoryFrames.Record] {
        passings.map { passing in
            let datagram = passing.parcel.datagram(shift)
            return MemoryFrames.Record(
                time: passing.time,
                octets: datagram.frame(isFromClient: passing.parcel.isFromClient)
            )
        }
    }

    /// The first SYN or SYN-ACK of every host.
    var initialSequences: [Address: UInt32] {
        passings.reduce(into: [:]) { starts, passing in
            let segment = passing.parcel.segment
            guard segment.flags.contains(.syn), !passing.parcel.isError else { return }
            starts[segment.source.address] = starts[segment.source.address] ?? segment.sequence
        }
    }
}
