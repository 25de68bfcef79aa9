import Testing
import Tracking

/// What encapsulations put around a datagram, octet by octet.
enum Wrapping {
    /// A frame that holds one datagram somewhere.
    struct Sample: Sendable, CustomTestStringConvertible {
        let name: String
        let octets: [UInt8]
        var linkType = LinkType.ethernet
        /// The layers that a decoder should find.
        var layers: [Encapsulation.Kind] = []

        var testDescription: String { name }
    }

    static func mpls(_ labels: [UInt32], _ payload: [UInt8]) -> [UInt8] {
        labels.enumerated().flatMap { index, label in
            Octets.big(label << 12 | (index == labels.count - 1 ? 0x100 : 0) | 64)
        } + payload
    }

    static func udp(to port: UInt16, _ payload: [UInt8], from source: UInt16 = 50_000) -> [UInt8] {
        Octets.ipv4(
            Octets.big(source) + Octets.big(port) + Octets.big(UInt16(8 + payload.count)) + [0, 0]
                + payload,
            protocol: 17
        )
    }

    static func vxlan(_ network: UInt32, _ frame: [UInt8]) -> [UInt8] {
        udp(to: 4789, [8, 0, 0, 0] + Octets.big(network << 8) + frame)
    }

    static func gtp(_ datagram: [UInt8], optional: [UInt8] = []) -> [UInt8] {
        let flags: UInt8 = optional.isEmpty ? 0x30 : 0x34
        let length = UInt16(optional.count + datagram.count)
        return udp(
            to: 2152,
            [flags, 0xFF] + Octets.big(length) + [0, 0, 1, 7] + optional + datagram
        )
    }

    static func gre(_ header: [UInt8], _ payload: [UInt8]) -> [UInt8] {
        Octets.ipv4(header + payload, protocol: 47)
    }

    private static func dot11(_ control: [UInt8], extra: [UInt8] = []) -> [UInt8] {
        control + [0, 0] + [UInt8](repeating: 2, count: 18) + [0x10, 0] + extra
    }

    private static let snap: [UInt8] = [0xAA, 0xAA, 3, 0, 0, 0, 8, 0]

    /// One of each, around `four` and `six`, which are IPv4 and IPv6 datagrams.
    static func samples(of four: [UInt8], _ six: [UInt8]) -> [Sample] {
        links(four, six) + wireless(four) + tunnels(four, six) + datagramTunnels(four, six)
    }

    private static func links(_ four: [UInt8], _ six: [UInt8]) -> [Sample] {
        let frame = Octets.ethernet(four)
        let zeros = { (count: Int) in [UInt8](repeating: 0, count: count) }
        return [
            .init(name: "LLC", octets: Array(frame.prefix(12)) + [0, 60] + snap + four),
            .init(name: "PPP", octets: [0xFF, 3, 0, 0x21] + four, linkType: .ppp),
            .init(name: "PPP, short", octets: [0x21] + four, linkType: .ppp),
            .init(name: "PPP of IPv6", octets: [0, 0x57] + six, linkType: .ppp),
            .init(name: "PPP of pppd", octets: [1, 3, 0, 0x21] + four, linkType: .ppp),
            .init(name: "PPP, Cisco", octets: [0x0F, 0, 8, 0] + four, linkType: .ppp),
            .init(
                name: "PPPoE",
                octets: Octets.ethernet([0x11, 0, 0, 9, 0, 0, 0, 0x21] + four, type: 0x8864),
                layers: [.pppoe]
            ),
            .init(
                name: "PPPoE alone",
                octets: [0x11, 0, 0, 9, 0, 0, 0, 0x57] + six,
                linkType: .pppoe,
                layers: [.pppoe]
            ),
            .init(name: "HDLC", octets: [0x0F, 0, 0x86, 0xDD] + six, linkType: .ciscoHDLC),
            .init(name: "Frame Relay", octets: [24, 65, 3, 0xCC] + four, linkType: .frameRelay),
            .init(
                name: "Frame Relay, Cisco",
                octets: [24, 65, 8, 0] + four,
                linkType: .frameRelay
            ),
            .init(
                name: "PPI",
                octets: [0, 0, 8, 0, 1, 0, 0, 0] + frame,
                linkType: .perPacketInformation
            ),
            .init(
                name: "PKTAP",
                octets: [16, 0, 0, 0, 1, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0] + six,
                linkType: .pktap
            ),
            .init(
                name: "NFLOG",
                octets: [2, 0, 0, 0, 5, 0, 10, 0, 0x61, 0, 0, 0, 0, 4, 9, 0] + four,
                linkType: .netfilterLog
            ),
            .init(name: "PFLOG", octets: [61] + zeros(63) + four, linkType: .packetFilterLog),
            .init(name: "enc", octets: zeros(12) + six, linkType: .openBSDEncapsulation),
            .init(
                name: "Juniper",
                octets: [0x4D, 0x47, 0x43, 0x80, 0, 2, 9, 9] + frame,
                linkType: .juniperEthernet
            ),
            .init(name: "FDDI", octets: zeros(13) + snap + four, linkType: .fddi),
            .init(
                name: "Token Ring",
                octets: zeros(8) + [0x80] + zeros(5) + [2, 0] + snap + four,
                linkType: .tokenRing
            ),
            .init(name: "ATM", octets: snap + four, linkType: .atmLLC),
            .init(name: "FireWire", octets: zeros(16) + [8, 0] + four, linkType: .fireWire),
        ]
    }

    private static func wireless(_ four: [UInt8]) -> [Sample] {
        let plain = dot11([0x08, 1]) + snap + four
        let avs: [UInt8] = [0x80, 0x21, 0x10, 1, 0, 0, 0, 12, 0, 0, 0, 0]
        let aggregate = [UInt8](repeating: 3, count: 12) + [0, 60]
        return [
            .init(name: "802.11", octets: plain, linkType: .ieee80211),
            .init(
                name: "802.11 of four addresses",
                octets: dot11([0x88, 3], extra: [9, 9, 9, 9, 9, 9, 0, 0]) + snap + four,
                linkType: .ieee80211
            ),
            .init(
                name: "A-MSDU",
                octets: dot11([0x88, 2], extra: [0x80, 0]) + aggregate + snap + four,
                linkType: .ieee80211
            ),
            .init(
                name: "radiotap",
                octets: [0, 0, 17, 0, 3, 0, 0, 0] + [1, 2, 3, 4, 5, 6, 7, 8, 0x10] + plain,
                linkType: .radiotap
            ),
            .init(
                name: "radiotap, padded",
                octets: [0, 0, 13, 0, 2, 0, 0, 0x80, 0, 0, 0, 0, 0x20]
                    + dot11([0x88, 1], extra: [0, 0, 0xEE, 0xEE]) + snap + four,
                linkType: .radiotap
            ),
            .init(name: "AVS", octets: avs + plain, linkType: .avs),
            .init(
                name: "Prism",
                octets: [0x44, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0] + plain,
                linkType: .prism
            ),
        ]
    }

    private static func tunnels(_ four: [UInt8], _ six: [UInt8]) -> [Sample] {
        let frame = Octets.ethernet(four)
        let outer = { (payload: [UInt8], number: UInt8) in
            Octets.ethernet(Octets.ipv4(payload, protocol: number))
        }
        let gre = { (header: [UInt8], payload: [UInt8]) in outer(header + payload, 47) }
        return [
            .init(
                name: "QinQ",
                octets: Octets.ethernet(four, tags: [0x88, 0xA8, 0, 7, 0x81, 0, 0, 9]),
                layers: [.vlan, .vlan]
            ),
            .init(
                name: "MPLS",
                octets: Octets.ethernet(mpls([16, 17], six), type: 0x8847),
                layers: [.mpls]
            ),
            .init(
                name: "pseudowire",
                octets: Octets.ethernet(mpls([18], [0, 0, 0, 0] + frame), type: 0x8847),
                layers: [.mpls]
            ),
            .init(
                name: "pseudowire without control word",
                octets: mpls([18], frame),
                linkType: .mpls,
                layers: [.mpls]
            ),
            .init(name: "IP in IP", octets: outer(four, 4), layers: [.ipInIP]),
            .init(name: "6in4", octets: outer(six, 41), layers: [.ipInIP]),
            .init(
                name: "IPv6 in IPv6",
                octets: Octets.ethernet(Octets.ipv6(six, next: 41), type: 0x86DD),
                layers: [.ipInIP]
            ),
            .init(name: "EtherIP", octets: outer([0x30, 0] + frame, 97), layers: [.etherIP]),
            .init(name: "GRE", octets: gre([0, 0, 8, 0], four), layers: [.gre]),
            .init(
                name: "GRE, all fields",
                octets: gre([0xB0, 0, 0x86, 0xDD] + [UInt8](repeating: 1, count: 12), six),
                layers: [.keyedGRE]
            ),
            .init(name: "GRE of Ethernet", octets: gre([0, 0, 0x65, 0x58], frame), layers: [.gre]),
            .init(
                name: "PPTP",
                octets: gre(
                    [
                        0x30, 0x81, 0x88, 0x0B, 0, 99, 0, 5, 0, 0, 0, 1, 0, 0, 0, 1, 0xFF, 3, 0,
                        0x21,
                    ],
                    four
                ),
                layers: [.keyedGRE]
            ),
            .init(name: "ERSPAN I", octets: gre([0, 0, 0x88, 0xBE], frame), layers: [.erspan]),
            .init(
                name: "ERSPAN II",
                octets: gre(
                    [0x10, 0, 0x88, 0xBE, 0, 0, 0, 1, 0x10, 5, 0, 3, 0, 0, 0, 0],
                    frame
                ),
                layers: [.erspan, .vlan]
            ),
            .init(
                name: "ERSPAN III",
                octets: gre(
                    [0x10, 0, 0x22, 0xEB, 0, 0, 0, 1, 0x20, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 1]
                        + [UInt8](repeating: 0, count: 8),
                    frame
                ),
                layers: [.erspan]
            ),
        ]
    }

    private static func datagramTunnels(_ four: [UInt8], _ six: [UInt8]) -> [Sample] {
        let frame = Octets.ethernet(four)
        let teredo: [UInt8] =
            [0, 1, 0, 0] + [UInt8](repeating: 5, count: 9) + [0, 0, 1, 2, 3, 4, 5, 6]
        let session: [UInt8] = [0x40, 2] + Octets.big(UInt16(12 + four.count)) + [0, 1, 0, 2]
        return [
            .init(name: "VXLAN", octets: Octets.ethernet(vxlan(10, frame)), layers: [.vxlan]),
            .init(
                name: "GENEVE",
                octets: Octets.ethernet(
                    udp(to: 6081, [1, 0, 0x65, 0x58, 0, 0, 9, 0, 1, 2, 3, 0] + frame)
                ),
                layers: [.geneve]
            ),
            .init(name: "GTP-U", octets: Octets.ethernet(gtp(four)), layers: [.gtp]),
            .init(
                name: "GTP-U with an extension",
                octets: Octets.ethernet(gtp(six, optional: [0, 0, 0, 0x85, 1, 0, 0, 0])),
                layers: [.gtp]
            ),
            .init(
                name: "Teredo",
                octets: Octets.ethernet(udp(to: 3544, teredo + six)),
                layers: [.teredo]
            ),
            .init(
                name: "L2TP",
                octets: Octets.ethernet(udp(to: 1701, session + [0xFF, 3, 0, 0x21] + four)),
                layers: [.l2tp]
            ),
            .init(
                name: "VXLAN in GRE in a VLAN",
                octets: Octets.ethernet(
                    Octets.ipv4([0x20, 0, 8, 0, 0, 0, 0, 1] + vxlan(10, frame), protocol: 47),
                    tags: [0x81, 0, 0, 5]
                ),
                layers: [.vlan, .keyedGRE, .vxlan]
            ),
        ]
    }
}
