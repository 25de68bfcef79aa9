import Tracking

/// A capture file in the making.
struct CaptureWriter: ~Copyable {
    /// How the file is written.
    enum Form: String {
        case pcap
        case pcapng
        /// pcap, compressed.
        case gzip
    }

    private let form: Form
    private var sink: OctetSink

    /// - Parameters:
    ///   - form: how the file is written.
    ///   - path: of the file, which is written over.
    ///   - snapshotLength: as much of a frame as is captured, in octets.
    /// - Throws: when the file cannot be made.
    init(_ form: Form, to path: String, snapshotLength: Int) throws(SystemError) {
        self.form = form
        sink = try OctetSink(path: path, isCompressed: form == .gzip)
        let length = UInt32(snapshotLength)
        let header: [UInt32] =
            switch form {
            case .pcap, .gzip: [0xA1B2_C3D4, 0x0004_0002, 0, 0, length, 1]
            // A section header without options, and the description of an Ethernet interface.
            case .pcapng:
                [
                    0x0A0D_0D0A, 28, 0x1A2B_3C4D, 1, 0xFFFF_FFFF, 0xFFFF_FFFF, 28,
                    1, 20, 1, length, 20,
                ]
            }
        for field in header { sink.append(littleEndian: field) }
    }

    /// Writes what stands before the octets of a packet.
    ///
    /// - Parameters:
    ///   - time: in microseconds since 1970.
    ///   - kept: how many octets follow, to be appended with `append`.
    ///   - length: of the packet on the wire, in octets.
    @inline(__always)
    mutating func begin(at time: UInt64, kept: Int, length: Int) {
        if form == .pcapng {
            for field in [6, blockLength(kept), 0, UInt32(truncatingIfNeeded: time >> 32)] {
                sink.append(littleEndian: field)
            }
            sink.append(littleEndian: UInt32(truncatingIfNeeded: time))
        } else {
            sink.append(littleEndian: UInt32(time / 1_000_000))
            sink.append(littleEndian: UInt32(time % 1_000_000))
        }
        sink.append(littleEndian: UInt32(kept))
        sink.append(littleEndian: UInt32(length))
    }

    mutating func append(_ octets: some Collection<UInt8>) {
        sink.append(octets)
    }

    mutating func append(zeros count: Int) {
        sink.append(zeros: count)
    }

    /// Writes what stands behind the octets of a packet.
    @inline(__always)
    mutating func end(kept: Int) throws(SystemError) {
        if form == .pcapng {
            sink.append(zeros: (4 - kept % 4) % 4)
            sink.append(littleEndian: blockLength(kept))
        }
        try sink.relieve()
    }

    mutating func finish() throws(SystemError) {
        try sink.finish()
    }

    private func blockLength(_ kept: Int) -> UInt32 { UInt32(32 + (kept + 3) / 4 * 4) }
}
