/// One hop: how long it takes, and what it does to some of the parcels.
struct Link {
    /// In nanoseconds, the same both ways.
    var delay: Int64
    /// At most so much more, in nanoseconds; it does not reorder.
    var jitter: Int64 = 0
    var loss = 0.0
    var duplication = 0.0
    var reordering = 0.0
    /// How many routers stand on it.
    var hops: UInt8 = 0
    /// How far a reordered parcel or a second copy falls back, in nanoseconds.
    var lateness: Int64 = 0
    private var newestArrival: (fromClient: Int64, fromServer: Int64) = (0, 0)

    init(delay: Int64) {
        self.delay = delay
    }

    /// When the copies of a parcel that enters at `now` come out; none if it is lost.
    mutating func arrivals(
        at now: Int64,
        isFromClient: Bool,
        _ chance: inout Chance
    ) -> [Int64] {
        if chance.happens(loss) { return [] }
        var time = now + delay + (jitter > 0 ? Int64.random(in: 0...jitter, using: &chance) : 0)
        let newest = isFromClient ? newestArrival.fromClient : newestArrival.fromServer
        time = max(time, newest + 1)
        if chance.happens(reordering) {
            time += Int64.random(in: 0...lateness, using: &chance)
        } else if isFromClient {
            newestArrival.fromClient = time
        } else {
            newestArrival.fromServer = time
        }
        guard chance.happens(duplication) else { return [time] }
        return [time, time + Int64.random(in: 1...max(1, lateness), using: &chance)]
    }
}
