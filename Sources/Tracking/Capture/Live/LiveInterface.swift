import CPcap
import Glibc

/// One open interface: libpcap's handle.
///
/// Sound although it holds a pointer: the handle is open as long as the interface lives, and a
/// callback of libpcap runs only within `read`, which lends it the frames.
@safe
final class LiveInterface {
    /// The kernel hands packets over when its block is full, or after so long to twice as long, in
    /// milliseconds.
    ///
    /// At a low rate the buffer holds as many blocks as it has, whatever is in them: 128 in 32 MiB,
    /// thus 6 s at least. Immediate mode would give each packet a slot of the snapshot length, so
    /// that the buffer held a tenth.
    private static let blockTime: Int32 = 50

    let name: String
    let linkType: LinkType
    /// libpcap's number for its link layer.
    let dataLink: Int32
    /// Its number among the interfaces of a capture.
    let index: UInt8
    let hasNanoseconds: Bool
    /// What poll(2) waits for; -1 where the handle has none.
    let descriptor: Int32
    private let handle: OpaquePointer

    /// What libpcap counts since the interface was opened.
    struct Counters: Hashable {
        var received: UInt32 = 0
        /// For want of room in the kernel's buffer.
        var droppedByKernel: UInt32 = 0
        var droppedByInterface: UInt32 = 0
    }

    /// Opens an interface.
    ///
    /// - Throws: when there is no such interface, it is down, or this user may not; the reason says
    ///   what would help.
    init(_ name: String, _ options: LiveOptions, index: Int) throws(CaptureError) {
        var complaint = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
        guard let handle = unsafe pcap_create(name, &complaint) else {
            throw CaptureError(input: name, reason: Self.text(complaint))
        }
        self.name = name
        self.index = UInt8(clamping: index)
        unsafe self.handle = handle
        unsafe pcap_set_snaplen(handle, Int32(clamping: options.snapshotLength))
        unsafe pcap_set_promisc(handle, options.isPromiscuous && name != "any" ? 1 : 0)
        unsafe pcap_set_timeout(handle, Self.blockTime)
        unsafe pcap_set_buffer_size(handle, Int32(clamping: options.bufferSize))
        _ = unsafe pcap_set_tstamp_precision(handle, PCAP_TSTAMP_PRECISION_NANO)
        let status = unsafe pcap_activate(handle)
        // Warnings are positive: no promiscuous mode, say.
        guard status >= 0 else {
            let reason = unsafe Self.reason(status, of: handle)
            unsafe pcap_close(handle)
            throw CaptureError(input: name, reason: reason)
        }
        // Version 2 of the cooked header names the interface; it is not there before activation.
        if name == "any" { _ = unsafe pcap_set_datalink(handle, 276) }
        hasNanoseconds =
            unsafe pcap_get_tstamp_precision(handle) == PCAP_TSTAMP_PRECISION_NANO
        dataLink = unsafe pcap_datalink(handle)
        linkType = LinkType(dataLink: dataLink)
        unsafe descriptor = pcap_get_selectable_fd(handle)
        // From here on the handle is closed with the interface, also where that is given up.
        try prepare(options, dataLink, &complaint)
    }

    private func prepare(
        _ options: LiveOptions,
        _ dataLink: Int32,
        _ complaint: inout [CChar]
    ) throws(CaptureError) {
        guard linkType != .other else {
            let type = unsafe pcap_datalink_val_to_name(dataLink)
                .map { unsafe String(cString: $0) }
            let words = "its link type \(type ?? "\(dataLink)") is not supported"
            throw CaptureError(input: name, reason: words)
        }
        if let filter = options.filter { try keep(only: filter) }
        guard unsafe pcap_setnonblock(handle, 1, &complaint) == 0 else {
            throw CaptureError(input: name, reason: Self.text(complaint))
        }
    }

    deinit {
        unsafe pcap_close(handle)
    }

    private func keep(only expression: String) throws(CaptureError) {
        var program = unsafe bpf_program()
        let unknownNetmask: UInt32 = 0xFFFF_FFFF
        guard unsafe pcap_compile(handle, &program, expression, 1, unknownNetmask) == 0 else {
            let words = "cannot parse the filter '\(expression)': \(lastComplaint)"
            throw CaptureError(input: name, reason: words)
        }
        defer { unsafe pcap_freecode(&program) }
        guard unsafe pcap_setfilter(handle, &program) == 0 else {
            throw CaptureError(input: name, reason: lastComplaint)
        }
    }

    private var lastComplaint: String { unsafe String(cString: pcap_geterr(handle)) }

    /// Copies what the kernel has into `frames`, as far as there is room.
    ///
    /// - Returns: whether there may be more.
    /// - Throws: when the interface went down or away.
    func read(into frames: inout LiveFrames) throws(CaptureError) -> Bool {
        // One frame more than fits would be lost: libpcap gives what it has read back at once.
        var left = LiveFrames.frameLimit - frames.count
        let longest = Int(max(0, unsafe pcap_snapshot(handle)))
        while left > 0, frames.hasRoom(for: longest) {
            let batch = min(left, max(1, frames.room / max(1, longest)))
            let got = unsafe withUnsafeMutablePointer(to: &frames) { frames in
                var lent = unsafe LentFrames(
                    frames: frames,
                    linkType: linkType,
                    interface: index,
                    unit: hasNanoseconds ? 1 : 1000
                )
                return unsafe withUnsafeMutableBytes(of: &lent) { lent in
                    let user = unsafe lent.bindMemory(to: UInt8.self).baseAddress
                    return unsafe pcap_dispatch(handle, Int32(clamping: batch), take, user)
                }
            }
            if got < 0 { throw CaptureError(input: name, reason: lastComplaint) }
            if got == 0 { return false }
            left -= Int(got)
        }
        return true
    }

    /// What was counted since the interface was opened; `nil` where the kernel does not say.
    var counters: Counters? {
        var counted = pcap_stat()
        guard unsafe pcap_stats(handle, &counted) == 0 else { return nil }
        return Counters(
            received: counted.ps_recv,
            droppedByKernel: counted.ps_drop,
            droppedByInterface: counted.ps_ifdrop
        )
    }

    private static func reason(_ status: Int32, of handle: OpaquePointer) -> String {
        let detail = unsafe String(cString: pcap_geterr(handle))
        switch status {
        case PCAP_ERROR_PERM_DENIED:
            return """
                this user may not capture. Run it with sudo, or allow it to: \
                sudo setcap cap_net_raw+ep $(command -v synopsis)
                """
        case PCAP_ERROR_NO_SUCH_DEVICE: return "no such interface"
        case PCAP_ERROR_IFACE_NOT_UP: return "the interface is down"
        default:
            let name = unsafe String(cString: pcap_statustostr(status))
            return detail.isEmpty ? name : detail
        }
    }

    private static func text(_ complaint: [CChar]) -> String {
        String(decoding: complaint.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// What the callback needs: where frames go, and how to read their times.
@unsafe
private struct LentFrames {
    let frames: UnsafeMutablePointer<LiveFrames>
    let linkType: LinkType
    let interface: UInt8
    /// A fraction of the second, in nanoseconds.
    let unit: Int64
}

/// Takes one frame from libpcap.
@unsafe
private func take(
    _ user: UnsafeMutablePointer<UInt8>?,
    _ header: UnsafePointer<pcap_pkthdr>?,
    _ octets: UnsafePointer<UInt8>?
) {
    guard let user = unsafe user, let header = unsafe header, let octets = unsafe octets else {
        return
    }
    unsafe UnsafeMutableRawPointer(user).withMemoryRebound(to: LentFrames.self, capacity: 1) {
        lent in
        let stamp = unsafe header.pointee.ts
        let fraction = unsafe Int64(stamp.tv_usec) &* lent.pointee.unit
        let time = Int64(stamp.tv_sec) &* 1_000_000_000 &+ fraction
        let frame = unsafe UnsafeRawBufferPointer(
            start: octets,
            count: Int(header.pointee.caplen)
        )
        _ = unsafe lent.pointee.frames.pointee.append(
            frame,
            time: time,
            originalLength: header.pointee.len,
            linkType: lent.pointee.linkType,
            interface: lent.pointee.interface
        )
    }
}
