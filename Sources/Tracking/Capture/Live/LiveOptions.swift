/// How interfaces are listened to.
package struct LiveOptions: Hashable, Sendable {
    /// Which packets to take, in pcap-filter(7)'s words.
    package var filter: String?
    /// As much of each packet is taken, in octets, from 64: enough for the names in a TLS hello,
    /// and for what an ICMP error quotes.
    package var snapshotLength = 4096
    /// The kernel's buffer for each interface, in octets.
    package var bufferSize = 32 << 20
    /// Whether the network card is asked for packets to other hosts too.
    package var isPromiscuous = true

    package init() {}
}
