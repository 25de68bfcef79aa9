/// One end of a connection: an address and a port.
package struct Endpoint: Hashable, BitwiseCopyable, Sendable {
    package let address: Address
    package let port: UInt16

    @inline(always)
    package init(_ address: Address, port: UInt16) {
        self.address = address
        self.port = port
    }

    /// Reads `10.0.0.1:80` or `[2001:db8::1]:80`; `nil` for anything else.
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        guard let port = UInt16(digits), String(port) == digits else { return nil }
        let host = text[..<colon]
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        let bare = isBracketed ? host.dropFirst().dropLast() : host
        guard bare.contains(":") == isBracketed, let address = Address(String(bare)) else {
            return nil
        }
        self.init(address, port: port)
    }
}

extension Endpoint: Comparable {
    @inline(always)
    package static func < (left: Endpoint, right: Endpoint) -> Bool {
        left.address == right.address ? left.port < right.port : left.address < right.address
    }
}

extension Endpoint: CustomStringConvertible {
    package var description: String {
        address.isIPv4 ? "\(address):\(port)" : "[\(address)]:\(port)"
    }
}
