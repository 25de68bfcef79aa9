import CPcap

/// A frame as libpcap gives it.
struct LibpcapFrame: Equatable {
    let time: Int64
    let originalLength: UInt32
    let octets: [UInt8]
}

/// All frames of a file as libpcap reads them, and its words on what ended them.
func readWithLibpcap(_ path: String) -> (frames: [LibpcapFrame], dataLink: Int32, fault: String?) {
    var message = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
    let precision = UInt32(PCAP_TSTAMP_PRECISION_NANO)
    let opened = unsafe pcap_open_offline_with_tstamp_precision(path, precision, &message)
    guard let handle = unsafe opened else {
        let text = message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return ([], -1, String(decoding: text, as: UTF8.self))
    }
    defer { unsafe pcap_close(handle) }
    var frames: [LibpcapFrame] = []
    var header: UnsafeMutablePointer<pcap_pkthdr>?
    var body: UnsafePointer<UInt8>?
    while true {
        let status = unsafe pcap_next_ex(handle, &header, &body)
        guard status == 1, let header = unsafe header?.pointee, let body = unsafe body else {
            let fault = status == -1 ? unsafe String(cString: pcap_geterr(handle)) : nil
            return (frames, unsafe pcap_datalink(handle), fault)
        }
        let octets = unsafe UnsafeBufferPointer(start: body, count: Int(header.caplen))
        frames.append(
            LibpcapFrame(
                time: Int64(header.ts.tv_sec) * 1_000_000_000 + Int64(header.ts.tv_usec),
                originalLength: header.len,
                octets: unsafe Array(octets)
            )
        )
    }
}
