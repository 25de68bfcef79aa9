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
    var deafness: Deafness?
    var translator: Translator?
    var agenda = Agenda()
    /// How many parcels the links lost, by client's end.
    var losses: [Endpoint: Int] = [:]
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
                && stacks[ends.remote.address]?.hasClosed(seenByServer(ends), at: now) == true
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
        case .reboot(let address, let clock):
            guard let old = stacks[address] else { return }
            stacks[address] = Stack(clock, old.traits)
        }
    }

    /// The ends of a client's connection, seen from the server behind any address translation.
    private mutating func seenByServer(_ ends: Ends) -> Ends {
        let client = translator?.outerEnd(of: ends) ?? ends.local
        return Ends(local: ends.remote, remote: client)
    }

    /// Hands the segments of a host over to the network, a little later each, and winds its clock.
    mutating func send(_ segments: [SegmentFields], of address: Address, _ ends: Ends) {
        var time = max(now, newestDepartures[address] ?? now)
        let isFromClient = conversations[ends.remote] != nil
        for var segment in segments {
            time += Int64.random(in: 2 * .microsecond...30 * .microsecond, using: &chance)
            segment.timeToLive = stacks[address]?.traits.timeToLive ?? 64
            let slowness = segment.isSynAck ? stacks[address]?.traits.answerDelay ?? 0 : 0
            let parcel = Parcel(
                source: segment.source.address,
                destination: segment.destination.address,
                content: .segment(segment),
                identification: stacks[address]?.nextIdentification(for: segment) ?? 0,
                isFromClient: isFromClient
            )
            agenda.plan(.departure(parcel), at: time + slowness)
            newestDepartures[address] = time
        }
        if let deadline = stacks[address]?.deadline(of: ends) {
            agenda.plan(.timer(address, ends), at: deadline)
        }
    }
}
