/// Packets built octet by octet: from port 1000 to port 80, sequence 100, acknowledgment 200.
enum Octets {
    static func tcp(
        flags: UInt8 = 0x10,
        options: [UInt8] = [],
        payload: Int = 0,
        words: UInt8? = nil
    ) -> [UInt8] {
        let words = words ?? UInt8(5 + options.count / 4)
        let fixed: [UInt8] = [
            0x03, 0xE8, 0, 80, 0, 0, 0, 100, 0, 0, 0, 200, words << 4, flags, 1, 0,
        ]
        return fixed + [0, 0, 0, 0] + options + [UInt8](repeating: 0x2E, count: payload)
    }

    /// From 10.0.0.1 to 10.0.0.2, with time to live 64 and identification 7.
    static func ipv4(
        _ payload: [UInt8],
        protocol number: UInt8 = 6,
        options: [UInt8] = [],
        total: Int? = nil,
        fragment: UInt16 = 0
    ) -> [UInt8] {
        let words = UInt8(5 + options.count / 4)
        let total = UInt16(total ?? 20 + options.count + payload.count)
        return [0x40 | words, 0] + big(total) + [0, 7] + big(fragment)
            + [64, number, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2] + options + payload
    }

    /// From 2001:db8::1 to 2001:db8::2, with hop limit 64.
    static func ipv6(_ payload: [UInt8], next: UInt8 = 6, length: Int? = nil) -> [UInt8] {
        let prefix: [UInt8] = [0x20, 0x01, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11)
        return [0x60, 0, 0, 0] + big(UInt16(length ?? payload.count)) + [next, 64]
            + prefix + [1] + prefix + [2] + payload
    }

    static func ethernet(_ payload: [UInt8], type: UInt16 = 0x0800, tags: [UInt8] = []) -> [UInt8] {
        [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1] + tags + big(type) + payload
    }

    static func big(_ value: UInt16) -> [UInt8] {
        [UInt8(value >> 8), UInt8(value & 0xFF)]
    }

    static func big(_ value: UInt32) -> [UInt8] {
        big(UInt16(value >> 16)) + big(UInt16(value & 0xFFFF))
    }

    static func little(_ value: UInt32) -> [UInt8] {
        big(value).reversed()
    }

    static func little(_ value: UInt16) -> [UInt8] {
        big(value).reversed()
    }
}
