import CPcap
import Glibc

/// The records of a capture file that libpcap reads: pcapng, and rare forms of pcap.
///
/// Sound although it holds pointers: libpcap's record stays valid until the next call on the same
/// handle, `octets` borrows `self`, and `advance()` needs `self` exclusively.
@safe
struct LibpcapRecords: ~Copyable {
    /// Owns the stream beneath it, too; `nil` where nothing is to be read this way.
    private let handle: OpaquePointer?
    private var header: UnsafeMutablePointer<pcap_pkthdr>?
    private var body: UnsafePointer<UInt8>?
    /// What the stream reads into; its own buffer has but 4 KiB, and setvbuf takes no other size alone.
    private let buffer: UnsafeMutablePointer<CChar>?

    private static let bufferLength = 256 * 1024
    /// In the year 2116; the 32 bits of pcap end before.
    private static let latestTime: Int64 = 1 << 62

    /// None at all.
    init() {
        unsafe handle = nil
        unsafe buffer = nil
    }

    init(of stream: borrowing CaptureStream) throws(CaptureError) {
        let file = unsafe fdopen(dup(stream.descriptor), "rb")
        guard let file = unsafe file else {
            throw CaptureError(input: stream.name, reason: unsafe String(cString: strerror(errno)))
        }
        let room = UnsafeMutablePointer<CChar>.allocate(capacity: Self.bufferLength)
        _ = unsafe setvbuf(file, room, _IOFBF, Self.bufferLength)
        unsafe synopsis_stream_is_ours_alone(file)
        for octet in stream.beginning.reversed() { _ = unsafe ungetc(Int32(octet), file) }
        var message = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
        let precision = UInt32(PCAP_TSTAMP_PRECISION_NANO)
        let opened = unsafe pcap_fopen_offline_with_tstamp_precision(file, precision, &message)
        guard let opened = unsafe opened else {
            _ = unsafe fclose(file)
            unsafe room.deallocate()
            let text = message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            let reason = "the file header cannot be read: \(String(decoding: text, as: UTF8.self))"
            throw CaptureError(input: stream.name, offset: 0, reason: reason)
        }
        unsafe handle = opened
        unsafe buffer = room
    }

    deinit {
        if let handle = unsafe handle { unsafe pcap_close(handle) }
        unsafe buffer?.deallocate()
    }

    var dataLink: Int32 { unsafe handle.map { unsafe pcap_datalink($0) } ?? -1 }
    var snapshotLength: Int { unsafe handle.map { unsafe Int(pcap_snapshot($0)) } ?? 0 }

    /// Why the last `advance()` failed, in libpcap's words.
    var fault: String { unsafe handle.map { unsafe String(cString: pcap_geterr($0)) } ?? "" }

    /// Steps to the next record.
    ///
    /// - Returns: `false` at the end of the file, `nil` for a fault.
    mutating func advance() -> Bool? {
        guard let handle = unsafe handle else { return false }
        return switch unsafe pcap_next_ex(handle, &header, &body) {
        case 1: true
        case -2: false
        default: nil
        }
    }

    /// In nanoseconds since 1970, from 0 to `latestTime`.
    ///
    /// pcapng has room for times far beyond. Between those that are left, every difference fits.
    var time: Int64 {
        guard let header = unsafe header else { return 0 }
        let stamp = unsafe header.pointee.ts
        let seconds = min(max(Int64(stamp.tv_sec), 0), Self.latestTime / 1_000_000_000)
        let fraction = min(max(Int64(stamp.tv_usec), 0), Self.latestTime)
        return min(seconds * 1_000_000_000 + fraction, Self.latestTime)
    }

    var originalLength: UInt32 { unsafe header?.pointee.len ?? 0 }

    /// What was captured of the present frame.
    var octets: RawSpan {
        @_lifetime(borrow self)
        get {
            guard let header = unsafe header, let body = unsafe body else { return RawSpan() }
            let count = unsafe Int(header.pointee.caplen)
            let span = unsafe RawSpan(_unsafeStart: body, byteCount: count)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }
}
