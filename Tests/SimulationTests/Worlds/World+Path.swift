import Tracking

/// The way of a parcel.
extension World {
    mutating func depart(_ parcel: Parcel) {
        if parcel.isFromClient, !parcel.isError, parcel.segment.isSyn {
            suspicion?.note(parcel.segment)
        }
        capture(parcel, at: parcel.isFromClient ? .client : .server)
        let times =
            parcel.isFromClient
            ? near.arrivals(at: now, isFromClient: true, &chance)
            : far.arrivals(at: now, isFromClient: false, &chance)
        let aged = parcel.aged(by: parcel.isFromClient ? near.hops : far.hops)
        for time in times { agenda.plan(.passage(aged), at: time) }
        if times.isEmpty { losses[parcel.clientEnd, default: 0] += 1 }
    }

    /// Through the router in the middle; a capture there is made on the clients' side of it, or on
    /// both.
    mutating func pass(_ parcel: Parcel) {
        if parcel.isFromClient { capture(parcel, at: .middle) }
        capture(parcel, at: .router)
        guard let routed = translated(parcel)?.aged(by: 1) else { return }
        if !parcel.isFromClient { capture(routed, at: .middle) }
        capture(routed, at: .router)
        let times =
            parcel.isFromClient
            ? far.arrivals(at: now, isFromClient: true, &chance)
            : near.arrivals(at: now, isFromClient: false, &chance)
        let aged = routed.aged(by: parcel.isFromClient ? far.hops : near.hops)
        for time in times { agenda.plan(.arrival(aged), at: time) }
        if times.isEmpty {
            losses[parcel.clientEnd, default: 0] += 1
            losses[routed.clientEnd, default: 0] += 1
        }
    }

    private mutating func translated(_ parcel: Parcel) -> Parcel? {
        guard translator != nil else { return parcel }
        let client = parcel.clientEnd
        let server = parcel.serverEnd
        if parcel.isFromClient {
            guard let outer = translator?.outerEnd(of: Ends(local: client, remote: server)) else {
                return nil
            }
            return parcel.renaming(client, to: outer)
        }
        return translator?.innerEnd(of: Ends(local: client, remote: server))
            .map { parcel.renaming(client, to: $0) }
    }

    mutating func arrive(_ parcel: Parcel) {
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
        if deafness?.swallows(segment, isFromClient: parcel.isFromClient) == true { return true }
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

    private mutating func capture(_ parcel: Parcel, at location: Tap.Location) {
        guard tap.location == location else { return }
        tap.note(parcel, at: now)
        guard tap.isMirrored else { return }
        let delay = Int64.random(in: 0...100 * .microsecond, using: &chance)
        agenda.plan(.copy(parcel), at: now + delay)
    }
}
