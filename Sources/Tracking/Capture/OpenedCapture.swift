import CPcap
import Glibc

/// A stream that turned out to be a capture, and libpcap's handle on it, which owns the stream.
@unsafe
struct OpenedCapture {
    let format: CaptureFormat
    let handle: OpaquePointer
    let linkType: LinkType
    /// In octets, `nil` for a pipe.
    let size: UInt64?

    /// The user-space buffer of the stream, in octets; libpcap's own reads are of 4 KiB.
    private static let bufferLength = 256 * 1024

    init(path: String) throws(CaptureError) {
        let stream = unsafe try Self.open(path)
        do throws(CaptureError) {
            let magic = unsafe Self.peek(stream)
            unsafe format = CaptureFormat(magic: magic)
            try unsafe Self.requireCapture(format, magic: magic, name: path)
            unsafe handle = try Self.start(stream, name: path)
        } catch {
            _ = unsafe fclose(stream)
            throw error
        }
        unsafe size = Self.size(of: stream)
        let dataLink = unsafe pcap_datalink(handle)
        unsafe linkType = LinkType(dataLink: dataLink)
        guard unsafe linkType != .other else {
            unsafe pcap_close(handle)
            throw unsafe CaptureError(input: path, reason: Self.complaint(aboutDataLink: dataLink))
        }
    }
}

extension OpenedCapture {
    private static func open(_ path: String) throws(CaptureError) -> UnsafeMutablePointer<FILE> {
        let stream = unsafe path == "-" ? fdopen(dup(STDIN_FILENO), "rb") : fopen(path, "rb")
        guard let stream = unsafe stream else {
            throw CaptureError(input: path, reason: unsafe String(cString: strerror(errno)))
        }
        var status = stat()
        if unsafe fstat(fileno(stream), &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
            _ = unsafe fclose(stream)
            throw CaptureError(input: path, reason: "is a directory, not a capture file")
        }
        _ = unsafe setvbuf(stream, nil, _IOFBF, bufferLength)
        unsafe synopsis_stream_is_ours_alone(stream)
        return unsafe stream
    }

    /// The first four octets, put back where they came from.
    private static func peek(_ stream: UnsafeMutablePointer<FILE>) -> [UInt8] {
        var magic: [UInt8] = []
        while magic.count < 4, case let octet = unsafe getc(stream), octet != EOF {
            magic.append(UInt8(truncatingIfNeeded: octet))
        }
        for octet in magic.reversed() { _ = unsafe ungetc(Int32(octet), stream) }
        return magic
    }

    private static func requireCapture(
        _ format: CaptureFormat,
        magic: [UInt8],
        name: String
    ) throws(CaptureError) {
        switch format {
        case .pcap, .pcapng:
            return
        case .compressed(let program):
            let reason = "is compressed; unpack it on the way: \(program) -dc \(name) | synopsis -"
            throw CaptureError(input: name, offset: 0, reason: reason)
        case .unknown where magic.isEmpty:
            throw CaptureError(
                input: name,
                reason: "is empty; a capture file begins with a header of 24 octets"
            )
        case .unknown:
            let found = magic.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(
                separator: " "
            )
            let reason = "expected the magic number of pcap or pcapng, found the octets \(found)"
            throw CaptureError(input: name, offset: 0, reason: reason)
        }
    }

    private static func start(
        _ stream: UnsafeMutablePointer<FILE>,
        name: String
    ) throws(CaptureError) -> OpaquePointer {
        var message = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
        let handle = unsafe pcap_fopen_offline_with_tstamp_precision(
            stream,
            UInt32(PCAP_TSTAMP_PRECISION_NANO),
            &message
        )
        guard let handle = unsafe handle else {
            let text = message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            let reason = "the file header cannot be read: \(String(decoding: text, as: UTF8.self))"
            throw CaptureError(input: name, offset: 0, reason: reason)
        }
        return unsafe handle
    }

    private static func size(of stream: UnsafeMutablePointer<FILE>) -> UInt64? {
        var status = stat()
        guard unsafe fstat(fileno(stream), &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            return nil
        }
        return UInt64(status.st_size)
    }

    private static func complaint(aboutDataLink dataLink: Int32) -> String {
        let name = unsafe pcap_datalink_val_to_name(dataLink).map { unsafe String(cString: $0) }
        return """
            the link type \(dataLink)\(name.map { " (\($0))" } ?? "") is not known here; expected \
            Ethernet, Linux cooked, raw IP or BSD loopback
            """
    }
}
