import Tracking

/// Hosts, the way between them, and a capture point on it; time passes only when something happens.
struct World {
    /// So many occurrences are enough for every world here; beyond them something runs in circles.
    private static let occurrenceLimit = 20_000

    private(set) var now: Int64
    var chance: Chance
    var stacks: [Address: Stack] = [:]
    /// What is said to each server port.
    var conversations: [Endpoint: Conversation] = [:]
    /// From the clients to the middle, and from there to the servers.
    var near: Link
    var far: Link
    var tap: Tap
    var suspicion: Suspicion?
    var barrier: Barrier?
    private var agenda = Agenda()
    private var occurrences = 0
    /// A host sends in order.
    private var newestDepartures: [Address: Int64] = [:]

    init(at begin: Int64, _ chance: Chance, near: Link, far: Link, tap: Tap) {
        now = begin
        self.chance = chance
        self.near = near
        self.far = far
        self.tap = tap
    }

    /// There and back again, without jitter, in nanoseconds.
    var roundTrip: Int64 { 2 * (near.delay + far.delay) }

    /// Whether the world came to rest by itself.
    var isAtRest: Bool { occurrences < Self.occurrenceLimit }

    mutating func plan(_ act: Act, after delay: Int64) {
        agenda.plan(.act(act), at: now + delay)
    }

    /// Lets everything happen up to `duration` from now.
    mutating func run(for duration: Int64) {
        let end = now + duration
        while occurrences < Self.occurrenceLimit, let (time, occurrence) = agenda.next() {
            guard time <= end else { break }
            now = time
            occurrences += 1
            happen(occurrence)
        }
    }

    private mutating func happen(_ occurrence: Occurrence) {
        switch occurrence {
        case .departure(let parcel): depart(parcel)
        case .passage(let parcel): pass(parcel)
        case .arrival(let parcel): arrive(parcel)
        case .copy(let parcel): tap.note(parcel, at: now)
        case .timer(let address, let ends):
            send(stacks[address]?.wake(ends, at: now) ?? [], of: address, ends)
        case .act(let act): perform(act)
        }
    }

    private mutating func perform(_ act: Act) {
        switch act {
        case .connect(let ends):
            guard let conversation = conversations[ends.remote] else { return }
            let address = ends.local.address
            let segments = stacks[address]?.connect(ends, as: conversation, at: now) ?? []
            send(segments, of: address, ends)
        case .reconnect(let ends, let tries):
            let isFree =
                stacks[ends.local.address]?.hasClosed(ends, at: now) == true
                && stacks[ends.remote.address]?.hasClosed(ends.reversed, at: now) == true
            if isFree {
                perform(.connect(ends))
            } else if tries > 0 {
                plan(.reconnect(ends, tries: tries - 1), after: 2 * .second)
            }
        case .sendRawSyn(let ends, let sequence):
            var syn = SegmentFields(
                from: ends.local,
                to: ends.remote,
                flags: .syn,
                sequence: sequence
            )
            syn.window = 1024
            send([syn], of: ends.local.address, ends)
        case .openFirewall:
            suspicion = nil
        }
    }

    /// Hands the segments of a host over to the network, a little later each, and winds its clock.
    private mutating func send(_ segments: [SegmentFields], of address: Address, _ ends: Ends) {
        var time = max(now, newestDepartures[address] ?? now)
        let isFromClient = conversations[ends.remote] != nil
        for segment in segments {
            time += Int64.random(in: 2 * .microsecond...30 * .microsecond, using: &chance)
            let parcel = Parcel(
                source: segment.source.address,
                destination: segment.destination.address,
                content: .segment(segment),
                identification: stacks[address]?.nextIdentification(for: segment) ?? 0,
                isFromClient: isFromClient
            )
            agenda.plan(.departure(parcel), at: time)
            newestDepartures[address] = time
        }
        if let deadline = stacks[address]?.deadline(of: ends) {
            agenda.plan(.timer(address, ends), at: deadline)
        }
    }
}

/// The way of a parcel.
extension World {
    private mutating func depart(_ parcel: Parcel) {
        if parcel.isFromClient, !parcel.isError, parcel.segment.isSyn {
            suspicion?.note(parcel.segment)
        }
        capture(parcel, at: parcel.isFromClient ? .client : .server)
        let times =
            parcel.isFromClient
            ? near.arrivals(at: now, isFromClient: true, &chance)
            : far.arrivals(at: now, isFromClient: false, &chance)
        for time in times { agenda.plan(.passage(parcel), at: time) }
    }

    private mutating func pass(_ parcel: Parcel) {
        capture(parcel, at: .middle)
        let times =
            parcel.isFromClient
            ? far.arrivals(at: now, isFromClient: true, &chance)
            : near.arrivals(at: now, isFromClient: false, &chance)
        for time in times { agenda.plan(.arrival(parcel), at: time) }
    }

    private mutating func arrive(_ parcel: Parcel) {
        capture(parcel, at: parcel.isFromClient ? .server : .client)
        guard case .segment(let segment) = parcel.content else {
            stacks[parcel.destination]?.takeError(about: parcel.segment, at: now)
            return
        }
        if isStopped(segment, parcel) { return }
        let ends = Ends(local: segment.destination, remote: segment.source)
        let segments = stacks[parcel.destination]?.receive(segment, at: now) ?? []
        send(segments, of: parcel.destination, ends)
    }

    /// Whether a firewall at the end of the way stops the parcel, and perhaps says so.
    private mutating func isStopped(_ segment: SegmentFields, _ parcel: Parcel) -> Bool {
        if parcel.isFromClient {
            guard barrier != nil, segment.isSyn else { return false }
            if let answer = barrier?.answer(to: segment, parcel.identification, at: now) {
                complain(answer)
            }
            return true
        }
        guard suspicion?.accepts(segment) == false else { return false }
        guard suspicion?.mayComplain(at: now) == true else { return true }
        let refusal =
            segment.source.address.isIPv4
            ? Refusal.hostProhibited : Refusal.hostProhibited.overIPv6
        complain(
            Parcel(
                source: parcel.destination,
                destination: parcel.source,
                content: .error(refusal, about: segment, identification: parcel.identification),
                identification: UInt16(truncatingIfNeeded: now) | 1,
                isFromClient: true
            )
        )
        return true
    }

    private mutating func complain(_ parcel: Parcel) {
        let delay = Int64.random(in: 10 * .microsecond...80 * .microsecond, using: &chance)
        agenda.plan(.departure(parcel), at: now + delay)
    }

    private mutating func capture(_ parcel: Parcel, at place: Tap.Place) {
        guard tap.place == place else { return }
        tap.note(parcel, at: now)
        guard tap.isMirrored else { return }
        let delay = Int64.random(in: 0...100 * .microsecond, using: &chance)
        agenda.plan(.copy(parcel), at: now + delay)
    }
}
