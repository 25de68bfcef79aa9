import Testing
import Tracking

/// The text of endpoints, both ways (RFC 5952 §6).
@Suite struct `An endpoint` {
    @Test(arguments: ["10.0.0.1:80", "10.0.0.1:0", "[2001:db8::1]:443", "[::]:65535"])
    func `is read as it is written`(_ text: String) throws {
        let endpoint = try #require(Endpoint(text))

        #expect(endpoint.description == text)
    }

    @Test(arguments: [
        "", "10.0.0.1", "10.0.0.1:", ":80", "10.0.0.1:65536", "10.0.0.1:+80", "10.0.0.1:-1",
        "2001:db8::1:443", "[2001:db8::1]", "[2001:db8::1:443", "[10.0.0.1]:80", "host:80",
    ])
    func `is not read from anything else`(_ text: String) {
        #expect(Endpoint(text) == nil)
    }

    @Test func `orders by address, then by port`() throws {
        let texts = ["10.0.0.1:443", "10.0.0.2:80", "10.0.0.2:81", "[2001:db8::1]:1"]

        let endpoints = try texts.map { try #require(Endpoint($0)) }

        #expect(endpoints.sorted() == endpoints)
    }
}
