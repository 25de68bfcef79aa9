import Testing
import Tracking

/// The text of addresses, both ways (RFC 4291 §2.2, RFC 5952 §4).
@Suite struct `An address` {
    @Test(arguments: ["0.0.0.0", "10.0.0.1", "192.0.2.255", "255.255.255.255"])
    func `of four octets is read and written in dotted decimal`(_ text: String) throws {
        let address = try #require(Address(text))

        #expect(address.isIPv4)
        #expect(address.description == text)
    }

    @Test(arguments: [
        ("::", "::"), ("::1", "::1"), ("2001:DB8::1", "2001:db8::1"),
        ("2001:db8:0:0:0:0:2:1", "2001:db8::2:1"), ("2001:0db8::0001", "2001:db8::1"),
        ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("fe80::", "fe80::"),
        ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"), ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
    ])
    func `of sixteen octets is written in its canonical form`(
        _ text: String,
        canonical: String
    ) throws {
        let address = try #require(Address(text))

        #expect(!address.isIPv4)
        #expect(address.description == canonical)
    }

    @Test(arguments: ["::ffff:10.0.0.1", "::FFFF:a00:1", "0:0:0:0:0:ffff:10.0.0.1"])
    func `of IPv4 in IPv6 is the IPv4 address`(_ text: String) {
        #expect(Address(text) == Address(ipv4: 0x0A00_0001))
    }

    @Test(arguments: [
        "", ".", ":", ":::", "010.0.0.1", "10.0.0", "10.0.0.0.1", "10.0.0.256", "10.0.0.-1",
        "10.0.0.+1", "10..0.1",
        "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8:", ":1:2:3:4:5:6:7:8", "1::2::3",
        "1:::2",
        "12345::", "g::", "+1::", "::1%eth0", "1::2:3:4:5:6:7:8", "::10.0.0", "10.0.0.1::",
        "::1.2.3.4:5", "00001::", "localhost",
    ])
    func `is not read from anything else`(_ text: String) {
        #expect(Address(text) == nil)
    }

    @Test func `orders as its octets do`() throws {
        let texts = ["::1", "10.0.0.1", "10.0.0.2", "2001:db8::1", "fe80::1"]

        let addresses = try texts.map { try #require(Address($0)) }

        #expect(addresses.sorted() == addresses)
    }
}
