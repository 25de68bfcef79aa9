import Tracking

/// Where the capture is made, and what it holds.
struct Tap {
    enum Place: CaseIterable {
        case client
        case middle
        case server
    }

    /// One captured parcel.
    struct Passing {
        let time: Int64
        let parcel: Parcel
    }

    let place: Place
    /// Whether a mirror port delivers every frame twice.
    let isMirrored: Bool
    /// The step of its clock, in nanoseconds.
    let granularity: Int64
    private(set) var passings: [Passing] = []

    init(at place: Place, isMirrored: Bool, granularity: Int64) {
        self.place = place
        self.isMirrored = isMirrored
        self.granularity = granularity
    }

    mutating func note(_ parcel: Parcel, at time: Int64) {
        passings.append(Passing(time: time - time % granularity, parcel: parcel))
    }

    /// Forgets everything before the first passing that `isFirst`, as if the capture had begun there.
    mutating func begin(where isFirst: (Passing) -> Bool) {
        passings.removeFirst(passings.firstIndex(where: isFirst) ?? 0)
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
}
