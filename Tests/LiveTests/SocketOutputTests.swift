import Foundation
import Live
import Testing

/// A peer for outputs: it listens, takes one connection at a time, and can go away.
private final class Peer {
    private let listener: Int32
    private(set) var connection: Int32 = -1
    let port: UInt16

    /// Listens on a port; 0 for any.
    init(on number: UInt16 = 0, window: Int32? = nil) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        var one: Int32 = 1
        unsafe setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, 4)
        if var window { unsafe setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &window, 4) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = number.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(listener, $0, length)
            }
        }
        try #require(status == 0)
        listen(listener, 4)
        unsafe withUnsafeMutablePointer(to: &address) {
            _ = unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(listener, $0, &length)
            }
        }
        port = UInt16(bigEndian: address.sin_port)
    }

    init(path: String) throws {
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) {
            unsafe $0.copyBytes(from: path.utf8)
        }
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let status = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(listener, $0, length)
            }
        }
        try #require(status == 0)
        listen(listener, 4)
        port = 0
    }

    func accept() throws {
        var polled = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
        try #require(unsafe poll(&polled, 1, 10_000) == 1)
        connection = Glibc.accept(listener, nil, nil)
    }

    /// Reads until so many lines came, five seconds at most.
    func lines(_ count: Int) -> [String] {
        var text: [UInt8] = []
        var octets = [UInt8](repeating: 0, count: 65_536)
        while text.count(where: { $0 == 0x0A }) < count {
            var polled = pollfd(fd: connection, events: Int16(POLLIN), revents: 0)
            guard unsafe poll(&polled, 1, 5000) == 1 else { break }
            let got = unsafe recv(connection, &octets, octets.count, 0)
            guard got > 0 else { break }
            text += octets[..<got]
        }
        return String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// Resets the connection, and what lies unread in it is lost.
    func hangUp() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        unsafe setsockopt(
            connection,
            SOL_SOCKET,
            SO_LINGER,
            &linger,
            socklen_t(MemoryLayout<linger>.size)
        )
        Glibc.close(connection)
        connection = -1
    }

    func leave() {
        if connection >= 0 { hangUp() }
        shutdown(listener, Int32(SHUT_RDWR))
        Glibc.close(listener)
    }
}

/// Events on sockets.
@Suite(.serialized) struct `A socket for events` {
    @Test func `brings lines to a TCP server in their order`() throws {
        let peer = try Peer()
        defer { peer.leave() }
        let output = SocketOutput(to: .tcp("127.0.0.1", peer.port))
        try peer.accept()

        for number in 0..<1000 { output.write(line: line("line \(number)")) }
        let lines = peer.lines(1000)
        output.end(within: .seconds(2))

        #expect(lines == (0..<1000).map { "line \($0)" })
        #expect(output.statistics.written == 1000)
        #expect(output.statistics.dropped == 0)
        #expect(output.takeNotice() == nil)
    }

    @Test func `brings lines to a Unix server`() throws {
        let folder = try Scratch()
        let peer = try Peer(path: folder.path("socket"))
        defer { peer.leave() }
        let output = SocketOutput(to: .unix(folder.path("socket")))
        try peer.accept()

        output.write(line: line("one"))
        output.write(line: line("two"))

        #expect(peer.lines(2) == ["one", "two"])
        #expect(eventually { output.statistics.written == 2 })
        output.end(within: .seconds(2))
    }

    @Test func `keeps lines for a server that comes later, and tells of it once`() throws {
        let folder = try Scratch()
        let output = SocketOutput(to: .unix(folder.path("socket")))
        for number in 0..<10 { output.write(line: line("\(number)")) }
        #expect(eventually { output.statistics.errors >= 2 })

        let peer = try Peer(path: folder.path("socket"))
        defer { peer.leave() }
        try peer.accept()

        #expect(peer.lines(10) == (0..<10).map { "\($0)" })
        #expect(output.takeNotice()?.contains("No such file") == true)
        #expect(output.takeNotice()?.contains("connected again; 0 events") == true)
        #expect(output.takeNotice() == nil)
        output.end(within: .seconds(2))
    }

    @Test func `loses nothing when the server goes away and comes back`() throws {
        let first = try Peer()
        let output = SocketOutput(to: .tcp("127.0.0.1", first.port))
        try first.accept()
        output.write(line: line("before"))
        #expect(first.lines(1) == ["before"])
        first.leave()
        for number in 0..<50 { output.write(line: line("between \(number)")) }

        let second = try Peer(on: first.port)
        defer { second.leave() }
        try second.accept()
        output.write(line: line("after"))
        let lines = second.lines(51)
        output.end(within: .seconds(2))

        #expect(lines == (0..<50).map { "between \($0)" } + ["after"])
        #expect(output.statistics.written == 52)
        #expect(output.statistics.dropped == 0)
    }

    @Test func `begins each connection with a whole line`() throws {
        let peer = try Peer(window: 4096)
        defer { peer.leave() }
        let output = SocketOutput(to: .tcp("127.0.0.1", peer.port), limit: 64 << 20)
        try peer.accept()
        let long = String(repeating: "x", count: 4000)
        for number in 0..<2000 { output.write(line: line("\(number) \(long)")) }
        _ = peer.lines(3)

        peer.hangUp()
        try peer.accept()
        let lines = peer.lines(20)
        let numbers = lines.prefix(20).compactMap { $0.split(separator: " ").first }
            .compactMap { Int($0) }

        #expect(numbers.count == 20)
        #expect(lines.prefix(20).allSatisfy { $0.hasSuffix(" \(long)") })
        #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $1 == $0 + 1 })
        output.end(within: .seconds(2))
    }

    @Test func `drops what finds no room, counts it and never waits`() throws {
        let peer = try Peer(window: 4096)
        defer { peer.leave() }
        let output = SocketOutput(to: .tcp("127.0.0.1", peer.port), limit: 10_000)
        try peer.accept()
        let begin = ContinuousClock.now

        let long = [UInt8](repeating: 0x41, count: 999) + [0x0A]
        for _ in 0..<20_000 { output.write(line: long) }

        #expect(ContinuousClock.now - begin < .seconds(5))
        #expect(output.statistics.dropped > 1000)
        output.end(within: .seconds(2))
        #expect(output.statistics.dropped + output.statistics.written == 20_000)
    }

    @Test func `nobody answers at ends in time, and says what was not sent`() throws {
        let output = SocketOutput(to: .tcp("127.0.0.1", 9))
        output.write(line: line("lost"))
        let begin = ContinuousClock.now

        output.end(within: .seconds(2))

        #expect(ContinuousClock.now - begin < .seconds(8))
        #expect(output.statistics.dropped == 1)
        #expect(output.takeNotice()?.contains("Connection refused") == true)
        #expect(output.takeNotice()?.contains("1 event was not sent") == true)
    }

    @Test func `that is opened again begins another connection`() throws {
        let peer = try Peer()
        defer { peer.leave() }
        let output = SocketOutput(to: .tcp("localhost", peer.port))
        try peer.accept()
        output.write(line: line("one"))
        #expect(peer.lines(1) == ["one"])
        #expect(eventually { output.statistics.written == 1 })

        output.reopen()
        try peer.accept()
        output.write(line: line("two"))

        #expect(peer.lines(1) == ["two"])
        output.end(within: .seconds(2))
    }
}
