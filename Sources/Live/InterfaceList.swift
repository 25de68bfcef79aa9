import CPcap
import Glibc
import Tracking

/// An interface that packets can be captured on.
package struct InterfaceFacts: Hashable, Sendable {
    /// What came of an attempt to open it.
    package enum Access: Hashable, Sendable {
        case open
        /// This user may not.
        case forbidden
        /// It is down.
        case down
        /// Another reason, in libpcap's words.
        case refused(String)
    }

    package let name: String
    package let description: String?
    package let addresses: [Address]
    package let isUp: Bool
    package let isLoopback: Bool
    /// As libpcap tells it, where it may open the interface, else as the kernel does; `nil` where
    /// neither says.
    package let linkType: LinkType?
    package let access: Access
}

/// All interfaces of this host, and what this user may do with them.
package struct InterfaceList: Hashable, Sendable {
    /// `any`, which stands for all of them, is last.
    package let interfaces: [InterfaceFacts]

    /// Names of what libpcap lists and no TCP ever comes through.
    private static let strangers = [
        "bluetooth", "usbmon", "dbus-", "nfqueue", "nflog", "rdma", "can", "vcan", "dag", "wpan",
    ]

    /// Whether this user may capture.
    package var mayCapture: Bool { !interfaces.contains { $0.access == .forbidden } }

    /// The command that grants what is missing.
    ///
    /// CAP_NET_RAW opens packet sockets; promiscuous mode takes no more.
    package static var grant: String {
        let program = Self.program
        let plain = program.utf8.allSatisfy { octet in
            let letter = Character(Unicode.Scalar(octet))
            return letter.isASCII
                && (letter.isLetter || letter.isNumber || "/._-+".contains(letter))
        }
        let name = plain ? program : "'\(program.replacing("'", with: "'\\''"))'"
        return "sudo setcap cap_net_raw+ep \(name)"
    }

    /// Opens every interface for a moment.
    ///
    /// - Throws: when libpcap cannot list any.
    package init() throws(CaptureError) {
        var complaint = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
        var list: UnsafeMutablePointer<pcap_if_t>?
        guard unsafe pcap_findalldevs(&list, &complaint) == 0 else {
            throw CaptureError(
                input: "interfaces",
                reason: unsafe String(cString: &complaint)
            )
        }
        defer { unsafe pcap_freealldevs(list) }
        var interfaces: [InterfaceFacts] = []
        var entry = unsafe list
        while let device = unsafe entry {
            if let facts = unsafe Self.facts(of: device.pointee) { interfaces.append(facts) }
            unsafe entry = device.pointee.next
        }
        let isAny = { (facts: InterfaceFacts) in facts.name == "any" }
        self.interfaces = interfaces.filter { !isAny($0) } + interfaces.filter(isAny)
    }

    private static func facts(of device: pcap_if_t) -> InterfaceFacts? {
        let name = unsafe String(cString: device.name)
        guard !strangers.contains(where: name.hasPrefix) else { return nil }
        let flags = unsafe device.flags
        let (access, linkType) = attempt(name)
        return unsafe InterfaceFacts(
            name: name,
            description: device.description.map { unsafe String(cString: $0) },
            addresses: addresses(device.addresses),
            isUp: flags & UInt32(PCAP_IF_UP) != 0,
            isLoopback: flags & UInt32(PCAP_IF_LOOPBACK) != 0,
            linkType: linkType ?? kernelType(of: name),
            access: access
        )
    }

    private static func addresses(_ first: UnsafeMutablePointer<pcap_addr>?) -> [Address] {
        var addresses: [Address] = []
        var entry = unsafe first
        while let device = unsafe entry {
            if let address = unsafe device.pointee.addr {
                if let address = unsafe Address(address) { addresses.append(address) }
            }
            unsafe entry = device.pointee.next
        }
        return addresses
    }

    private static func attempt(_ name: String) -> (InterfaceFacts.Access, LinkType?) {
        var complaint = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
        guard let handle = unsafe pcap_create(name, &complaint) else {
            return (.refused(unsafe String(cString: &complaint)), nil)
        }
        defer { unsafe pcap_close(handle) }
        // As little memory in the kernel as possible.
        unsafe pcap_set_snaplen(handle, 64)
        unsafe pcap_set_buffer_size(handle, 65_536)
        let status = unsafe pcap_activate(handle)
        switch status {
        case PCAP_ERROR_PERM_DENIED, PCAP_ERROR_PROMISC_PERM_DENIED: return (.forbidden, nil)
        case PCAP_ERROR_IFACE_NOT_UP: return (.down, nil)
        case ..<0: return (.refused(unsafe String(cString: pcap_statustostr(status))), nil)
        default:
            // Of `any`, the version of the cooked header that a live capture asks for.
            if name == "any" { return (.open, .linuxCooked2) }
            return (.open, LinkType(dataLink: unsafe pcap_datalink(handle)))
        }
    }

    /// The kernel's own number for the hardware (ARPHRD).
    private static func kernelType(of name: String) -> LinkType? {
        if name == "any" { return .linuxCooked2 }
        guard !name.contains("/") else { return nil }
        let text = ProcessUsage.text(of: "/sys/class/net/\(name)/type")
        switch Int(text.prefix { $0.isNumber }) {
        case 1, 772: return .ethernet
        case 512: return .ppp
        case 65_534, 768, 769, 776: return .rawIP
        case 803: return .radiotap
        default: return nil
        }
    }

    private static var program: String {
        var octets = [UInt8](repeating: 0, count: 4096)
        let count = unsafe octets.withUnsafeMutableBytes { bytes in
            guard let start = bytes.baseAddress else { return -1 }
            return unsafe readlink("/proc/self/exe", start, bytes.count)
        }
        guard count > 0 else { return "synopsis" }
        return String(decoding: octets[..<count], as: UTF8.self)
    }
}

extension Address {
    /// Reads an address of the C library; `nil` for one that is neither IPv4 nor IPv6.
    fileprivate init?(_ address: UnsafeMutablePointer<sockaddr>) {
        let octets = UnsafeRawPointer(address)
        switch unsafe Int32(address.pointee.sa_family) {
        case AF_INET:
            self.init(
                ipv4: unsafe UInt32(
                    bigEndian: octets.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
                )
            )
        case AF_INET6:
            self.init(
                high: unsafe UInt64(
                    bigEndian: octets.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
                ),
                low: unsafe UInt64(
                    bigEndian: octets.loadUnaligned(fromByteOffset: 16, as: UInt64.self)
                )
            )
        default: return nil
        }
    }
}
