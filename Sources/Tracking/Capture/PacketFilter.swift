import CPcap

/// A compiled filter expression (pcap-filter(7)), run by libpcap's interpreter over captured octets.
///
/// Sound although it holds a pointer: the program is allocated and freed here and nowhere else.
@safe
struct PacketFilter: ~Copyable {
    private let program: UnsafeMutablePointer<bpf_program>

    /// - Throws: the `reason` is libpcap's word on what is wrong with the expression.
    init(_ expression: String, for handle: OpaquePointer, of input: String) throws(CaptureError) {
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

    @inline(always)
    func matches(_ header: UnsafePointer<pcap_pkthdr>, _ octets: UnsafePointer<UInt8>) -> Bool {
        unsafe pcap_offline_filter(program, header, octets) != 0
    }
}
