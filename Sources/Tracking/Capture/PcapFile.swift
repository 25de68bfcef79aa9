import CPcap
import Glibc

/// A capture file or pipe, read through libpcap: pcap in either byte order and precision, and pcapng.
///
/// Sound although it holds pointers: libpcap's record stays valid until the next call on the same
/// handle, `frame` borrows `self`, and `advance()` needs `self` exclusively.
@safe
package struct PcapFile: ~Copyable, CaptureSource {
    /// As the user named it; standard input is `-`.
    package let name: String
    package let format: CaptureFormat
    package let linkType: LinkType
    package let snapshotLength: Int
    /// The file's size in octets, `nil` for a pipe.
    package let size: UInt64?
    /// Frames read so far, those that the filter left out among them.
    package private(set) var framesRead: UInt64 = 0
    /// Octets of the input behind us; an estimate for pcapng.
    package private(set) var octetsRead: UInt64 = 24
    /// Whether any time stamp was finer than a microsecond.
    package private(set) var hasNanoseconds: Bool

    /// The earliest and the latest capture time of the frames read.
    package private(set) var earliest = Int64.max
    package private(set) var latest = Int64.min

    private let handle: OpaquePointer
    private var header: UnsafeMutablePointer<pcap_pkthdr>?
    private var octets: UnsafePointer<UInt8>?
    private var filter: PacketFilter?
    private let recordHeaderLength: UInt64

    /// What pcapng adds to the octets of a packet: an enhanced packet block without options.
    private static let usualBlockOverhead: UInt64 = 32

    /// Opens the file at `path`, or standard input for `-`.
    ///
    /// - Throws: when there is no such file, it is no capture, or its link type is unknown.
    package init(path: String) throws(CaptureError) {
        let opened = unsafe try OpenedCapture(path: path)
        name = path
        format = unsafe opened.format
        unsafe handle = opened.handle
        size = unsafe opened.size
        linkType = unsafe opened.linkType
        snapshotLength = unsafe Int(pcap_snapshot(opened.handle))
        if case .pcap(let nanoseconds, let length) = format {
            hasNanoseconds = nanoseconds
            recordHeaderLength = length
        } else {
            hasNanoseconds = false
            recordHeaderLength = Self.usualBlockOverhead
        }
    }

    deinit {
        unsafe pcap_close(handle)
    }

    /// From now on steps over frames that `expression` does not match (pcap-filter(7)).
    ///
    /// - Throws: libpcap's word on what is wrong with the expression.
    package mutating func keep(only expression: String) throws(CaptureError) {
        filter = unsafe try PacketFilter(expression, for: handle, of: name)
    }

    package mutating func advance() throws(CaptureError) -> Bool {
        while true {
            let result = unsafe pcap_next_ex(handle, &header, &octets)
            guard result == 1, let header = unsafe header, let octets = unsafe octets else {
                if result == -2 { return false }
                throw damage()
            }
            framesRead &+= 1
            octetsRead &+= recordHeaderLength &+ UInt64(unsafe header.pointee.caplen)
            noteTime()
            if !hasNanoseconds { hasNanoseconds = unsafe header.pointee.ts.tv_usec % 1000 != 0 }
            if unsafe filter?.matches(header, octets) ?? true { return true }
        }
    }

    package var frame: Frame {
        @_lifetime(borrow self)
        @inline(always)
        get {
            guard let header = unsafe header, let octets = unsafe octets else {
                return Frame(
                    octets: RawSpan(),
                    time: 0,
                    number: 0,
                    originalLength: 0,
                    linkType: linkType
                )
            }
            let record = unsafe header.pointee
            let span = unsafe RawSpan(_unsafeStart: octets, byteCount: Int(record.caplen))
            return unsafe Frame(
                octets: _overrideLifetime(span, borrowing: self),
                time: Int64(record.ts.tv_sec) &* 1_000_000_000 &+ Int64(record.ts.tv_usec),
                number: framesRead,
                originalLength: record.len,
                linkType: linkType
            )
        }
    }

    @inline(always)
    private mutating func noteTime() {
        guard let header = unsafe header else { return }
        let stamp = unsafe header.pointee.ts
        let time = Int64(stamp.tv_sec) &* 1_000_000_000 &+ Int64(stamp.tv_usec)
        earliest = min(earliest, time)
        latest = max(latest, time)
    }

    private func damage() -> CaptureError {
        let reason = unsafe String(cString: pcap_geterr(handle))
        return CaptureError(
            input: name,
            offset: format == .pcapng ? nil : octetsRead,
            reason: "the record of packet \(framesRead + 1) cannot be read: \(reason)"
        )
    }
}
