import CPcap

/// A compiled filter expression (pcap-filter(7)), run by libpcap's interpreter over captured octets.
///
/// Sound although it holds a pointer: the program is allocated and freed here and nowhere else.
@safe
struct PacketFilter: ~Copyable {
    private let program: UnsafeMutablePointer<bpf_program>

    /// - Throws: the `reason` is libpcap's word on what is wrong with the expression.
    init(
        _ expression: String,
        dataLink: Int32,
        snapshotLength: Int,
        of input: String
    ) throws(CaptureError) {
        guard let handle = unsafe pcap_open_dead(dataLink, Int32(clamping: snapshotLength)) else {
            throw CaptureError(input: input, reason: "there is no memory for a filter")
        }
        defer { unsafe pcap_close(handle) }
        // A local until it is good: once `self` is whole, throwing would run `deinit` as well.
        let compiled = UnsafeMutablePointer<bpf_program>.allocate(capacity: 1)
        let unknownNetmask: UInt32 = 0xFFFF_FFFF
        guard unsafe pcap_compile(handle, compiled, expression, 1, unknownNetmask) == 0 else {
            unsafe compiled.deallocate()
            let reason = unsafe String(cString: pcap_geterr(handle))
            throw CaptureError(
                input: input,
                reason: "the filter '\(expression)' is not understood: \(reason)"
            )
        }
        unsafe program = compiled
    }

    deinit {
        unsafe pcap_freecode(program)
        unsafe program.deallocate()
    }

    func matches(_ octets: RawSpan, originalLength: UInt32) -> Bool {
        var header = pcap_pkthdr()
        header.caplen = UInt32(octets.byteCount)
        header.len = originalLength
        return unsafe octets.withUnsafeBytes { octets in
            let start = unsafe octets.bindMemory(to: UInt8.self).baseAddress
            return unsafe pcap_offline_filter(program, &header, start) != 0
        }
    }
}
