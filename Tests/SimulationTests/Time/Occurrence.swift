import Tracking

/// Something that happens in a world at a certain time.
enum Occurrence {
    /// A parcel leaves the host that made it.
    case departure(Parcel)
    /// A parcel comes out of the first of the two links.
    case passage(Parcel)
    /// A parcel comes to the end of its way.
    case arrival(Parcel)
    /// The mirror port delivers its second copy.
    case copy(Parcel)
    /// A timer of a host may have run out.
    case timer(Address, Ends)
    case act(Act)
}

/// What a program on the client does.
enum Act {
    /// Calls connect() from a given port, even if an earlier call still waits there.
    case connect(Ends)
    /// Calls connect() on the same port again, once both ends have closed what was there.
    case reconnect(Ends, tries: Int)
    /// Sends a SYN past the kernel, which has no socket for it.
    case sendRawSyn(Ends, sequence: UInt32)
    /// The administrator takes the client's firewall down.
    case openFirewall
    /// A host loses all that it knew of its connections, and its clock becomes another one.
    case reboot(Address, HostClock)
}

/// A four-tuple, seen from one of its ends.
struct Ends: Hashable {
    let local: Endpoint
    let remote: Endpoint

    /// The same, seen from the other end.
    var reversed: Ends { Ends(local: remote, remote: local) }
}
