/// Ether types that lead on to IP (IEEE 802 numbers, as IANA lists them).
enum EtherType {
    static let ipv4: UInt16 = 0x0800
    static let arp: UInt16 = 0x0806
    static let ipv6: UInt16 = 0x86DD
    static let vlan: UInt16 = 0x8100
    static let provider: UInt16 = 0x88A8
    static let stacked: UInt16 = 0x9100
    static let mpls: UInt16 = 0x8847
    static let mplsMulticast: UInt16 = 0x8848
    static let pppoeSession: UInt16 = 0x8864
    static let ppp: UInt16 = 0x880B
    /// An Ethernet frame, within GRE and GENEVE.
    static let ethernet: UInt16 = 0x6558
    static let erspan: UInt16 = 0x88BE
    static let erspan3: UInt16 = 0x22EB
    /// Cisco's metadata, as of TrustSec, and its FabricPath.
    static let ciscoMetadata: UInt16 = 0x8909
    static let fabricPath: UInt16 = 0x8903
    static let macsec: UInt16 = 0x88E5
    /// In Linux cooked captures, a frame that begins with its LLC header.
    static let linuxLLC: UInt16 = 0x0004
    /// Below it, the field is the length of a frame of IEEE 802.3.
    static let least: UInt16 = 0x0600
}
