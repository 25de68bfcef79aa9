/// The link layers that the decoder begins with.
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
    /// PPP, with or without the address and control octets of HDLC-like framing (RFC 1662).
    case ppp
    /// A PPPoE session without the Ethernet header before it (RFC 2516).
    case pppoe
    /// Cisco HDLC.
    case ciscoHDLC
    case frameRelay
    case ieee80211
    case radiotap
    /// 802.11 behind a Prism or an AVS header.
    case prism
    case avs
    /// A header that names the link layer behind it: PPI and Apple's PKTAP.
    case perPacketInformation
    case pktap
    /// Linux netfilter's log.
    case netfilterLog
    /// OpenBSD's packet filter log, and its view into IPsec.
    case packetFilterLog
    case openBSDEncapsulation
    case juniperEthernet
    case mpls
    case fddi
    case tokenRing
    /// IP over ATM behind an LLC header (RFC 2684).
    case atmLLC
    /// IP over FireWire.
    case fireWire
    /// One that no decoder knows.
    case other

    /// The link types that are read, by libpcap's numbers: those of files, and those of its DLT
    /// values where they differ.
    private static let known: [(link: LinkType, name: String, numbers: [Int32])] = [
        (.ethernet, "ethernet", [1]),
        (.linuxCooked, "linux_sll", [113]),
        (.linuxCooked2, "linux_sll2", [276]),
        (.rawIP, "raw", [12, 14, 101]),
        (.rawIPv4, "ipv4", [228]),
        (.rawIPv6, "ipv6", [229]),
        (.bsdNull, "null", [0]),
        (.bsdLoopback, "loop", [108]),
        (.ppp, "ppp", [9, 50, 166]),
        (.pppoe, "ppp_ether", [51]),
        (.ciscoHDLC, "c_hdlc", [104]),
        (.frameRelay, "frelay", [107]),
        (.ieee80211, "ieee802_11", [105]),
        (.radiotap, "ieee802_11_radio", [127]),
        (.prism, "prism", [119]),
        (.avs, "ieee802_11_avs", [163]),
        (.perPacketInformation, "ppi", [192]),
        (.pktap, "pktap", [258]),
        (.netfilterLog, "nflog", [239]),
        (.packetFilterLog, "pflog", [117]),
        (.openBSDEncapsulation, "enc", [109]),
        (.juniperEthernet, "juniper_ether", [178]),
        (.mpls, "mpls", [219]),
        (.fddi, "fddi", [10]),
        (.tokenRing, "ieee802_5", [6]),
        (.atmLLC, "atm_rfc1483", [11, 100]),
        (.fireWire, "apple_ip_over_ieee1394", [138]),
    ]

    package init(dataLink: Int32) {
        // The names of all are looked at once an input, and of what monitors put before each
        // packet.
        if dataLink == 1 {
            self = .ethernet
        } else {
            self = Self.known.first { $0.numbers.contains(dataLink) }?.link ?? .other
        }
    }

    /// The DLT value for a link type as a file numbers it: they are the same but for raw IP.
    static func dataLink(ofFile number: UInt32) -> Int32 {
        number == 101 ? 12 : Int32(truncatingIfNeeded: number)
    }

    /// As the report names it.
    package var name: String { Self.known.first { $0.link == self }?.name ?? "other" }
}
