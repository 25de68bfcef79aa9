/// What stands for the addresses and names of a capture; the same key gives the same.
///
/// Addresses are replaced by the prefix-preserving scheme of Crypto-PAn (Xu, Fan, Ammar and Moon,
/// ICNP 2002) with SipHash-2-4 as its pseudorandom function: two addresses that have their first n
/// bits in common have n bits in common afterwards. MAC addresses and the labels of names are
/// replaced by their keyed hashes.
struct Pseudonyms {
    /// What a hash is for: the highest byte of its first word.
    private enum Purpose {
        static let v4: UInt64 = 4 << 56
        static let v6: UInt64 = 6 << 56
        static let mac: UInt64 = 7 << 56
        static let router: UInt64 = 8 << 56
        static let group: UInt64 = 9 << 56
        static let label: UInt8 = 10
    }

    /// Remember at most this many addresses and what stands for them.
    private static let rememberedLimit = 4096
    /// And as many MAC addresses.
    private static let rememberedMACLimit = 256

    private struct Remembered {
        var address = Address(high: 0, low: 0)
        var pseudonym = Address(high: 0, low: 0)
    }

    private let hash: SipHash
    /// By the lowest bits of a mix of the address; both ends of all conversations come again and
    /// again.
    private var remembered = [Remembered](repeating: Remembered(), count: rememberedLimit)
    /// Likewise for MAC addresses; what an empty place says of zeros is true, for they are kept.
    private var rememberedMACs = [(address: UInt64, pseudonym: UInt64)](
        repeating: (0, 0),
        count: rememberedMACLimit
    )

    init(_ key: AnonymityKey) { hash = key.hash }

    /// What stands for an address.
    mutating func address(_ address: Address) -> Address {
        let mixed = (address.high ^ address.low) &* 0x9E37_79B9_7F4A_7C15
        let slot = Int(truncatingIfNeeded: mixed >> 52)
        if remembered[slot].address == address { return remembered[slot].pseudonym }
        let pseudonym =
            address.isIPv4
            ? Address(ipv4: v4(UInt32(truncatingIfNeeded: address.low))) : v6(address)
        remembered[slot] = Remembered(address: address, pseudonym: pseudonym)
        return pseudonym
    }

    private func v4(_ address: UInt32) -> UInt32 {
        var flips: UInt32 = 0
        for bit in SpecialRanges.keptBits(of: address)..<32 {
            let prefix = bit == 0 ? 0 : address & (~0 << UInt32(32 - bit))
            let flip = hash.hash(Purpose.v4 | UInt64(bit) << 32 | UInt64(prefix)) & 1
            flips |= UInt32(flip) << UInt32(31 - bit)
        }
        return address ^ flips
    }

    private func v6(_ address: Address) -> Address {
        if address.high >> 56 == 0xFF { return group(address) }
        // NAT64 carries an IPv4 address (RFC 6052 §2.1).
        if address.high == 0x0064_FF9B_0000_0000, address.low >> 32 == 0 {
            return Address(high: address.high, low: UInt64(v4(UInt32(address.low))))
        }
        return flipped(address, from: SpecialRanges.keptBits(of: address))
    }

    private func flipped(_ address: Address, from first: Int) -> Address {
        var (high, low) = (address.high, address.low)
        for bit in first..<128 {
            let mask: (high: UInt64, low: UInt64) =
                bit < 64
                ? (bit == 0 ? 0 : ~0 << UInt64(64 - bit), 0)
                : (~0, bit == 64 ? 0 : ~0 << UInt64(128 - bit))
            let words = (Purpose.v6 | UInt64(bit), address.high & mask.high, address.low & mask.low)
            let flip = hash.hash(words) & 1
            if bit < 64 {
                high ^= flip << UInt64(63 - bit)
            } else {
                low ^= flip << UInt64(127 - bit)
            }
        }
        return Address(high: high, low: low)
    }

    /// A multicast address: assigned groups are kept (RFC 4291 §2.7.1), but the solicited-node
    /// address holds 24 bits of a host's, and one made of a prefix or by chance holds more.
    private func group(_ address: Address) -> Address {
        if address.high == 0xFF02_0000_0000_0000, address.low >> 24 == 0x0000_0001_FF {
            let bits = solicited(address.low & 0xFF_FFFF)
            return Address(high: address.high, low: address.low & ~0xFF_FFFF | bits)
        }
        let isAssigned = address.high >> 52 & 0xF == 0
        return isAssigned ? address : flipped(address, from: 16)
    }

    /// What stands for the last 24 bits of a solicited-node address, in the address and in the
    /// frame that is sent to it.
    private func solicited(_ bits: UInt64) -> UInt64 {
        hash.hash(Purpose.group | bits) & 0xFF_FFFF
    }

    /// What stands for a MAC address.
    mutating func mac(_ address: UInt64) -> UInt64 {
        let slot = Int(truncatingIfNeeded: (address &* 0x9E37_79B9_7F4A_7C15) >> 56)
        if rememberedMACs[slot].address == address { return rememberedMACs[slot].pseudonym }
        let pseudonym = hashed(mac: address)
        rememberedMACs[slot] = (address, pseudonym)
        return pseudonym
    }

    /// What stands for a MAC address: a random one that is local, or a group's, where the original
    /// is.
    ///
    /// Those that mean something by themselves are kept: none, broadcast, the groups of IEEE 802.1
    /// and of assigned IP multicast; and so are the prefixes of IP multicast and of addresses that
    /// routers share.
    private func hashed(mac address: UInt64) -> UInt64 {
        let (none, all) = (0 as UInt64, 0xFFFF_FFFF_FFFF as UInt64)
        if address == none || address == all { return address }
        switch address >> 24 {
        case 0x01_80C2: return address
        case 0x01_005E where address >> 8 & 0xFFFF == 0: return address
        case 0x01_005E:
            return address & ~0x7F_FFFF | hash.hash(Purpose.mac | address) & 0x7F_FFFF
        default: break
        }
        if address >> 32 == 0x3333 {
            if address >> 24 == 0x33_33FF {
                return address & ~0xFF_FFFF | solicited(address & 0xFF_FFFF)
            }
            let isAssigned = address & 0xFFFF_FFFF < 0x0002_0000
            return isAssigned
                ? address : address & ~0x7FFF_FFFF | hash.hash(Purpose.mac | address) & 0x7FFF_FFFF
        }
        if MACAddress(bits: address).isVirtual {
            return address & ~0xFF | hash.hash(Purpose.router | address) & 0xFF
        }
        let kept: UInt64 = 0x0300_0000_0000
        return address & kept | hash.hash(Purpose.mac | address) & (all ^ kept)
    }

    /// Labels that say what a name is for, and nothing of whose it is.
    private static let keptLabels: Set<String> = [
        "arpa", "in-addr", "ip6", "local", "localhost", "_tcp", "_udp",
    ]
    private static let letters = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)

    /// What stands for a label of a name: as many letters and digits, whatever the case of the
    /// original.
    func label(_ label: some Collection<UInt8>) -> [UInt8] {
        let plain = label.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        if Self.keptLabels.contains(String(decoding: plain, as: UTF8.self)) { return plain }
        var letters: [UInt8] = []
        letters.reserveCapacity(plain.count)
        var (part, bits) = (0 as UInt8, 0 as UInt64)
        while letters.count < plain.count {
            if letters.count % 12 == 0 {
                bits = hash.hash([Purpose.label, part] + plain)
                part &+= 1
            }
            // A name does not begin with a digit.
            let isFirst = letters.isEmpty
            let index = isFirst ? Int(bits % 26) : Int(bits & 31)
            letters.append(Self.letters[index])
            bits = isFirst ? bits / 26 : bits >> 5
        }
        return letters
    }
}
