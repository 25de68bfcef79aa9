import Testing

@testable import Tracking

/// What stands for addresses and names.
@Suite struct `A pseudonym` {
    private static let key = AnonymityKey("000102030405060708090a0b0c0d0e0f")

    private func pseudonyms() throws -> Pseudonyms { Pseudonyms(try #require(Self.key)) }

    private func address(_ text: String) throws -> Address { try #require(Address(text)) }

    /// The vectors of the reference implementation: key 00 … 0f, message 00 … of the given length.
    @Test(arguments: [
        (0, 0x726F_DB47_DD0E_0E31 as UInt64), (1, 0x74F8_39C5_93DC_67FD),
        (7, 0xAB02_00F5_8B01_D137), (8, 0x93F5_F579_9A93_2462), (15, 0xA129_CA61_49BE_45E5),
    ])
    func `comes from SipHash-2-4`(length: Int, expected: UInt64) {
        let hash = SipHash(key: 0x0706_0504_0302_0100, 0x0F0E_0D0C_0B0A_0908)

        #expect(hash.hash((0..<length).map { UInt8($0) }) == expected)
    }

    @Test func `is hashed from words as from their bytes`() throws {
        let hash = try #require(Self.key).hash

        #expect(hash.hash(0x0706_0504_0302_0100 as UInt64) == 0x93F5_F579_9A93_2462)
        let words: (UInt64, UInt64, UInt64) = (1, 2, 3)
        let bytes = [1, 2, 3].reduce(into: [UInt8]()) { $0 += [$1, 0, 0, 0, 0, 0, 0, 0] }
        #expect(hash.hash(words) == hash.hash(bytes))
    }

    @Test(arguments: [
        ("8.8.8.8", "8.8.4.4"), ("93.184.216.34", "93.184.216.35"), ("10.1.2.3", "10.1.200.3"),
        ("2a00:1450:4001::1", "2a00:1450:4001::2"), ("fe80::1", "fe80::2:1"),
        ("192.0.2.1", "203.0.113.1"), ("1.2.3.4", "200.2.3.4"),
    ])
    func `shares as long a prefix with others as the original`(one: String, other: String) throws {
        var pseudonyms = try pseudonyms()
        func shared(_ left: Address, _ right: Address) -> Int {
            let high = (left.high ^ right.high).leadingZeroBitCount
            return high < 64 ? high : 64 + (left.low ^ right.low).leadingZeroBitCount
        }
        let (left, right) = (try address(one), try address(other))

        let (first, second) = (pseudonyms.address(left), pseudonyms.address(right))

        #expect(shared(first, second) == shared(left, right))
        #expect(first != left && second != right)
    }

    @Test func `is one of its own for each address`() throws {
        var pseudonyms = try pseudonyms()

        let all = (0..<4096 as Range<UInt32>).map {
            pseudonyms.address(Address(ipv4: 0x5DB8_0000 + $0))
        }

        #expect(Set(all).count == 4096)
    }

    @Test(arguments: [
        ("10.9.8.7", "10.0.0.0", 104), ("172.20.1.1", "172.16.0.0", 108),
        ("192.168.4.4", "192.168.0.0", 112), ("100.100.1.1", "100.64.0.0", 106),
        ("169.254.7.7", "169.254.0.0", 112), ("192.0.2.77", "192.0.2.0", 120),
        ("198.51.100.77", "198.51.100.0", 120), ("203.0.113.77", "203.0.113.0", 120),
        ("198.19.7.7", "198.18.0.0", 111), ("239.1.2.3", "224.0.0.0", 100),
        ("fe80::1234", "fe80::", 64), ("fd12:3456::1", "fd00::", 8),
        ("2001:db8:1::5", "2001:db8::", 32), ("2002:a00:1::1", "2002::", 16),
        ("ff3e:30:2001:db8::1", "ff3e::", 16),
    ])
    func `stays in its special range`(text: String, range: String, length: Int) throws {
        var pseudonyms = try pseudonyms()
        let (original, prefix) = (try address(text), try address(range))

        let pseudonym = pseudonyms.address(original)

        let high = (pseudonym.high ^ prefix.high).leadingZeroBitCount
        let low = (pseudonym.low ^ prefix.low).leadingZeroBitCount
        #expect((high < 64 ? high : 64 + low) >= length)
        #expect(pseudonym != original)
    }

    @Test(arguments: [
        "0.0.0.0", "127.0.0.1", "127.3.2.1", "255.255.255.255", "224.0.0.251", "::", "::1",
        "ff02::1", "ff02::1:2",
    ])
    func `is the address itself where that names no host`(_ text: String) throws {
        var pseudonyms = try pseudonyms()
        let original = try address(text)

        #expect(pseudonyms.address(original) == original)
    }

    @Test func `never leads a public address into a special range`() throws {
        var pseudonyms = try pseudonyms()
        var random = SplitMix64(seed: 7)
        let ranges = SpecialRanges.v4.map { ($0.prefix, UInt32.max << UInt32(32 - $0.length)) }
        func isSpecial(_ bits: UInt32) -> Bool { ranges.contains { bits & $0.1 == $0.0 } }

        for _ in 0..<2000 {
            let bits = UInt32(truncatingIfNeeded: random.next())
            let pseudonym = UInt32(truncatingIfNeeded: pseudonyms.address(Address(ipv4: bits)).low)
            #expect(isSpecial(bits) == isSpecial(pseudonym))
        }
    }

    @Test func `is another with another key`() throws {
        var one = try pseudonyms()
        var again = try pseudonyms()
        var other = Pseudonyms(.random())
        let original = try address("93.184.216.34")

        #expect(one.address(original) == again.address(original))
        #expect(one.address(original) != other.address(original))
        #expect(one.label(Array("example".utf8)) != other.label(Array("example".utf8)))
        #expect(one.mac(0x0026_5E01_0203) != other.mac(0x0026_5E01_0203))
    }

    @Test func `of a MAC address keeps two bits of its first byte`() throws {
        var pseudonyms = try pseudonyms()

        for original in [0x0026_5E01_0203, 0x0242_AC11_0002, 0x0100_0CCC_CCCC] as [UInt64] {
            let pseudonym = pseudonyms.mac(original)
            #expect(pseudonym & 0x0300_0000_0000 == original & 0x0300_0000_0000)
            #expect(pseudonym >> 24 != original >> 24)
        }
        #expect(pseudonyms.mac(0xFFFF_FFFF_FFFF) == 0xFFFF_FFFF_FFFF)
        #expect(pseudonyms.mac(0x0000_5E00_0105) >> 8 == 0x0000_5E00_01)
    }

    @Test func `of a name is as long, and the same in any case`() throws {
        let pseudonyms = try pseudonyms()

        let label = pseudonyms.label(Array("Storage-Server-Number-17".utf8))

        #expect(label.count == 24)
        #expect(label == pseudonyms.label(Array("storage-server-number-17".utf8)))
        #expect(label.allSatisfy { (0x61...0x7A).contains($0) || (0x32...0x37).contains($0) })
        #expect(pseudonyms.label(Array("arpa".utf8)) == Array("arpa".utf8))
    }

    @Test func `of a solicited node is the same in address and frame`() throws {
        var pseudonyms = try pseudonyms()
        let group = pseudonyms.address(try address("ff02::1:ff12:3456"))

        #expect(pseudonyms.mac(0x3333_FF12_3456) & 0xFF_FFFF == group.low & 0xFF_FFFF)
        #expect(group.low & 0xFF_FFFF != 0x12_3456)
    }
}

/// The secret.
@Suite struct `A key` {
    @Test func `is read as it is written`() {
        let key = AnonymityKey.random()

        #expect(AnonymityKey(key.text + "\n") == key)
        #expect(key != AnonymityKey.random())
    }

    @Test(arguments: [
        "", "00", "+0102030405060708090a0b0c0d0e0f0", "0001020304050607 08090a0b0c0d0e0",
    ])
    func `is nothing else`(_ text: String) { #expect(AnonymityKey(text) == nil) }
}
