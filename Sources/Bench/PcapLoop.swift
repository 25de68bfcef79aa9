import CPcap
import Tracking

/// What libpcap alone takes: every packet is read, and nothing done with it.
enum PcapLoop {
    /// Counts the packets of a capture file with `pcap_next_ex`.
    static func count(_ path: String) throws(CaptureError) -> UInt64 {
        var message = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
        guard let handle = unsafe pcap_open_offline(path, &message) else {
            throw CaptureError(input: path, reason: "libpcap cannot open it")
        }
        defer { unsafe pcap_close(handle) }
        var header: UnsafeMutablePointer<pcap_pkthdr>?
        var octets: UnsafePointer<UInt8>?
        var packets: UInt64 = 0
        while unsafe pcap_next_ex(handle, &header, &octets) == 1 { packets &+= 1 }
        return packets
    }
}
