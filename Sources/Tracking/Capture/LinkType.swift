/// The link layers that the decoder begins with (the numbers are libpcap's DLT values).
package enum LinkType: UInt8, BitwiseCopyable, Sendable {
    case ethernet
    case linuxCooked
    case linuxCooked2
    case rawIP
    case rawIPv4
    case rawIPv6
    /// BSD loopback with the address family in the capturing host's byte order.
    case bsdNull
    /// BSD loopback with the address family in network byte order.
    case bsdLoopback
    /// One that no decoder knows.
    case other

    package init(dataLink: Int32) {
        switch dataLink {
        case 1: self = .ethernet
        case 113: self = .linuxCooked
        case 276: self = .linuxCooked2
        case 12, 14, 101: self = .rawIP
        case 228: self = .rawIPv4
        case 229: self = .rawIPv6
        case 0: self = .bsdNull
        case 108: self = .bsdLoopback
        default: self = .other
        }
    }

    /// The DLT value for a link type as a file numbers it: they are the same but for raw IP.
    static func dataLink(ofFile number: UInt32) -> Int32 {
        number == 101 ? 12 : Int32(truncatingIfNeeded: number)
    }

    /// As the report names it.
    package var name: String {
        switch self {
        case .ethernet: "ethernet"
        case .linuxCooked: "linux_sll"
        case .linuxCooked2: "linux_sll2"
        case .rawIP: "raw"
        case .rawIPv4: "ipv4"
        case .rawIPv6: "ipv6"
        case .bsdNull: "null"
        case .bsdLoopback: "loop"
        case .other: "other"
        }
    }
}
