import CPcap

/// A filter expression (pcap-filter(7)), compiled for each link type it meets, and run by libpcap's
/// interpreter over captured octets.
///
/// Sound although it holds pointers: the programs are allocated and freed here and nowhere else.
@safe
struct PacketFilter: ~Copyable {
    @safe
    private struct Program {
        let dataLink: Int32
        /// `nil` for a link type that the expression makes no sense for.
        let code: UnsafeMutablePointer<bpf_program>?
    }

    private let expression: String
    private let snapshotLength: Int
    private var programs: [Program] = []

    /// As many link types of one input are filtered; the frames of others never match.
    private static let linkTypeLimit = 64

    /// Compiles the expression for the link type `dataLink`, for which it must make sense.
    ///
    /// - Throws: the `reason` is libpcap's word on what is wrong with the expression.
    init(
        _ expression: String,
        dataLink: Int32,
        snapshotLength: Int,
        of input: String
    ) throws(CaptureError) {
        self.expression = expression
        self.snapshotLength = snapshotLength
        var complaint = ""
        guard let program = unsafe compile(for: dataLink, &complaint) else {
            throw CaptureError(
                input: input,
                reason: "cannot parse the filter '\(expression)': \(complaint)"
            )
        }
        programs.append(unsafe Program(dataLink: dataLink, code: program))
    }

    deinit {
        for program in programs {
            guard let code = unsafe program.code else { continue }
            unsafe pcap_freecode(code)
            unsafe code.deallocate()
        }
    }

    private func compile(
        for dataLink: Int32,
        _ complaint: inout String
    ) -> UnsafeMutablePointer<bpf_program>? {
        guard let handle = unsafe pcap_open_dead(dataLink, Int32(clamping: snapshotLength)) else {
            complaint = "there is no memory for it"
            return nil
        }
        defer { unsafe pcap_close(handle) }
        let compiled = UnsafeMutablePointer<bpf_program>.allocate(capacity: 1)
        let unknownNetmask: UInt32 = 0xFFFF_FFFF
        guard unsafe pcap_compile(handle, compiled, expression, 1, unknownNetmask) == 0 else {
            unsafe compiled.deallocate()
            complaint = unsafe String(cString: pcap_geterr(handle))
            return nil
        }
        return unsafe compiled
    }

    /// Whether a frame matches; a frame of a link type that the expression makes no sense for does
    /// not.
    mutating func matches(_ octets: RawSpan, originalLength: UInt32, dataLink: Int32) -> Bool {
        guard let code = unsafe program(for: dataLink) else { return false }
        var header = pcap_pkthdr()
        header.caplen = UInt32(octets.byteCount)
        header.len = originalLength
        return unsafe octets.withUnsafeBytes { octets in
            let start = unsafe octets.bindMemory(to: UInt8.self).baseAddress
            return unsafe pcap_offline_filter(code, &header, start) != 0
        }
    }

    private mutating func program(for dataLink: Int32) -> UnsafeMutablePointer<bpf_program>? {
        for program in programs where program.dataLink == dataLink {
            return unsafe program.code
        }
        guard programs.count < Self.linkTypeLimit else { return nil }
        var complaint = ""
        let code = unsafe compile(for: dataLink, &complaint)
        programs.append(unsafe Program(dataLink: dataLink, code: code))
        return unsafe code
    }
}
