/// The control bits of a TCP header (RFC 9293 §3.1), with AE in the ninth bit (RFC 9768 §3.1).
package struct TCPFlags: OptionSet, Hashable, BitwiseCopyable, Sendable {
    package let rawValue: UInt16

    @inline(always)
    package init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    package static let fin = TCPFlags(rawValue: 0x01)
    package static let syn = TCPFlags(rawValue: 0x02)
    package static let rst = TCPFlags(rawValue: 0x04)
    package static let psh = TCPFlags(rawValue: 0x08)
    package static let ack = TCPFlags(rawValue: 0x10)
    package static let urg = TCPFlags(rawValue: 0x20)
    package static let ece = TCPFlags(rawValue: 0x40)
    package static let cwr = TCPFlags(rawValue: 0x80)
    package static let ae = TCPFlags(rawValue: 0x100)
}

extension TCPFlags: CustomStringConvertible {
    /// The names in the order in which packet analysers print them: `SYN, ACK`.
    package var description: String {
        let names: [(TCPFlags, String)] = [
            (.fin, "FIN"), (.syn, "SYN"), (.rst, "RST"), (.psh, "PSH"), (.ack, "ACK"),
            (.urg, "URG"), (.ece, "ECE"), (.cwr, "CWR"), (.ae, "AE"),
        ]
        let present = names.filter { contains($0.0) }.map(\.1)
        return present.isEmpty ? "<None>" : present.joined(separator: ", ")
    }
}
