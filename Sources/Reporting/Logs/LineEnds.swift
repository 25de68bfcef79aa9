import Tracking

/// The ends of connections that a line of a log names, in whichever way it joins addresses and
/// ports.
package struct LineEnds: Hashable, Sendable {
    /// Addresses with their ports, in the order of the line.
    package private(set) var endpoints: [Endpoint] = []
    /// Addresses without one.
    package private(set) var addresses: [Address] = []

    /// As many of either are taken from one line.
    private static let limit = 16

    package init() {}

    /// Looks for them in a line: `10.0.0.1:80`, `10.0.0.1.80`, `[2001:db8::1]:80`, `10.0.0.1#80`,
    /// `10.0.0.1 port 80`, and keys such as `SRC=10.0.0.1 SPT=80`.
    package init(line: String) {
        let octets = Array(line.utf8)
        // Without a point or a pair of colons there is no address.
        guard octets.contains(UInt8(ascii: ".")) || line.contains("::") else { return }
        var reader = EndsReader(octets)
        while let found = reader.next() { add(found.address, found.port) }
        for keyed in KeyedEnds(octets).ends { add(keyed.address, keyed.port) }
    }

    /// Also takes what another line of the same entry names.
    mutating func formUnion(_ other: LineEnds) {
        for endpoint in other.endpoints { add(endpoint.address, endpoint.port) }
        for address in other.addresses { add(address, nil) }
    }

    private mutating func add(_ address: Address, _ port: UInt16?) {
        if let port {
            let endpoint = Endpoint(address, port: port)
            if endpoints.count < Self.limit, !endpoints.contains(endpoint) {
                endpoints.append(endpoint)
            }
            addresses.removeAll { $0 == address }
        } else if addresses.count < Self.limit, !addresses.contains(address),
            !endpoints.contains(where: { $0.address == address })
        {
            addresses.append(address)
        }
    }
}

/// Finds addresses among the octets of a line, and the ports that stand behind them.
private struct EndsReader {
    /// What may stand between an address and its port; the longest first.
    private static let joints = [", port ", " port ", "]:", ":", "#"].map { Array($0.utf8) }
    /// The longest text of an address with its port, in octets: IPv6 with a mapped IPv4 address.
    private static let longest = 52

    private let octets: [UInt8]
    private var offset = 0

    init(_ octets: [UInt8]) {
        self.octets = octets
    }

    mutating func next() -> (address: Address, port: UInt16?)? {
        while offset < octets.count {
            let start = offset
            guard Self.isPart(octets[start]) else {
                offset += 1
                continue
            }
            var end = start
            while end < octets.count, Self.isPart(octets[end]) { end += 1 }
            offset = end
            let isWord = end < octets.count && Self.isLetter(octets[end])
            let isRest = start > 0 && Self.isLetter(octets[start - 1])
            if isWord || isRest || end - start < 3 || end - start > Self.longest { continue }
            if let found = read(start, end) { return found }
        }
        return nil
    }

    private mutating func read(_ start: Int, _ end: Int) -> (address: Address, port: UInt16?)? {
        var text = Substring(decoding: octets[start..<end], as: UTF8.self)
        let length = text.count
        while text.hasSuffix(".") || text.hasSuffix(":") && !text.hasSuffix("::") {
            text.removeLast()
        }
        if let address = Address(String(text)) {
            let port = length == text.count ? port(at: end) : nil
            return (address, port)
        }
        if let endpoint = Endpoint(String(text)) { return (endpoint.address, endpoint.port) }
        guard let point = text.lastIndex(of: "."), let address = Address(String(text[..<point]))
        else { return nil }
        let digits = text[text.index(after: point)...]
        guard let port = UInt16(digits), String(port) == digits else { return nil }
        return (address, port)
    }

    /// The port that stands behind an address which ends at `end`.
    private mutating func port(at end: Int) -> UInt16? {
        for joint in Self.joints where octets[end...].starts(with: joint) {
            let start = end + joint.count
            let digits = octets[start...].prefix { (0x30...0x39).contains($0) }
            guard (1...5).contains(digits.count),
                let port = UInt16(String(decoding: digits, as: UTF8.self))
            else { continue }
            offset = start + digits.count
            return port
        }
        return nil
    }

    private static func isPart(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"), UInt8(ascii: "."), UInt8(ascii: ":"):
            true
        default: false
        }
    }

    private static func isLetter(_ octet: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(octet | 0x20) || octet == UInt8(ascii: "_")
    }
}

/// Addresses and ports behind keys, as firewalls and connection tracking log them.
private struct KeyedEnds {
    private static let sourceKeys: Set = ["src", "saddr", "laddr", "src_ip", "srcip"]
    private static let destinationKeys: Set = ["dst", "daddr", "raddr", "faddr", "dst_ip", "dstip"]
    private static let sourcePortKeys: Set = ["spt", "sport", "lport", "src_port", "srcport"]
    private static let destinationPortKeys: Set = [
        "dpt", "dport", "rport", "fport", "dst_port", "dstport",
    ]

    private(set) var ends: [(address: Address, port: UInt16)] = []

    init(_ octets: [UInt8]) {
        guard octets.contains(UInt8(ascii: "=")) else { return }
        var source: Address?
        var destination: Address?
        for word in octets.split(whereSeparator: { $0 == 0x20 || $0 == 0x09 || $0 == 0x2C }) {
            guard let mark = word.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let key = String(decoding: word[..<mark], as: UTF8.self).lowercased()
            let value = String(decoding: word[(mark + 1)...], as: UTF8.self).filter { $0 != "\"" }
            if Self.sourceKeys.contains(key) {
                source = Address(value)
            } else if Self.destinationKeys.contains(key) {
                destination = Address(value)
            } else if Self.sourcePortKeys.contains(key), let source, let port = UInt16(value) {
                ends.append((source, port))
            } else if Self.destinationPortKeys.contains(key), let destination,
                let port = UInt16(value)
            {
                ends.append((destination, port))
            }
        }
    }
}
