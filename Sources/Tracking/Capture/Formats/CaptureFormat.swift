/// What the first four octets of an input say about the rest.
package enum CaptureFormat: Hashable, Sendable {
    /// In any of its forms: either byte order, micro- or nanoseconds, Kuznetzov's longer records.
    case pcap
    case pcapng
    /// By a program whose work is not undone here.
    case packed(by: String)
    case unknown

    package init(magic: [UInt8]) {
        switch magic {
        case [0x0A, 0x0D, 0x0D, 0x0A]:
            self = .pcapng
        case [0xFD, 0x37, 0x7A, 0x58]:
            self = .packed(by: "xz")
        case [0x02, 0x21, 0x4C, 0x18]:
            self = .packed(by: "lz4")
        case _ where magic.starts(with: [0x42, 0x5A, 0x68]):
            self = .packed(by: "bzip2")
        case _ where PcapForm(magic: magic) != nil:
            self = .pcap
        default:
            self = .unknown
        }
    }

    /// - Throws: what was found instead of a capture.
    func requireCapture(_ beginning: [UInt8], of input: String) throws(CaptureError) {
        switch self {
        case .pcap, .pcapng:
            return
        case .packed(let program):
            let reason = "is compressed; unpack it first: \(program) -dc \(input) | synopsis -"
            throw CaptureError(input: input, offset: 0, reason: reason)
        case .unknown where beginning.isEmpty:
            throw CaptureError(
                input: input,
                reason: "is empty; a capture file begins with a header of 24 bytes"
            )
        case .unknown:
            let digits = beginning.prefix(4).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
            let found = digits.joined(separator: " ")
            let reason = "not a pcap or pcapng file (first bytes: \(found))"
            throw CaptureError(input: input, offset: 0, reason: reason)
        }
    }

    /// As the report names it.
    package var name: String {
        switch self {
        case .pcap: "pcap"
        case .pcapng: "pcapng"
        case .packed, .unknown: "unknown"
        }
    }
}

/// The forms of a pcap file, which its magic number tells apart.
struct PcapForm: Hashable, Sendable {
    let isBigEndian: Bool
    let hasNanoseconds: Bool
    /// In octets; Alexey Kuznetzov's patched tcpdump wrote 24.
    let recordHeaderLength: Int

    init?(magic: [UInt8]) {
        guard let first = magic.first else { return nil }
        isBigEndian = first == 0xA1
        switch isBigEndian ? magic : magic.reversed() {
        case [0xA1, 0xB2, 0xC3, 0xD4]: (hasNanoseconds, recordHeaderLength) = (false, 16)
        case [0xA1, 0xB2, 0x3C, 0x4D]: (hasNanoseconds, recordHeaderLength) = (true, 16)
        case [0xA1, 0xB2, 0xCD, 0x34]: (hasNanoseconds, recordHeaderLength) = (false, 24)
        default: return nil
        }
    }
}
