import Glibc

/// A connected stream socket, or the attempt to make one.
struct StreamConnection: ~Copyable {
    let descriptor: Int32

    /// How long a connection may take to come up, in milliseconds.
    private static let connectTimeout: Int32 = 5000

    /// Connects; waits for the name service and the peer.
    ///
    /// - Parameters:
    ///   - target: where to.
    ///   - alarm: a descriptor that gets readable when it is to give up.
    /// - Throws: why there is no connection.
    init(to target: OutputTarget, alarm: Int32) throws(ConnectionFault) {
        switch target {
        case .tcp(let host, let port): descriptor = try Self.connectTCP(host, port, alarm)
        case .unix(let path): descriptor = try Self.connectUnix(path)
        case .file, .standardOutput: throw ConnectionFault(reason: "is not an address")
        }
    }

    deinit { close(descriptor) }

    /// Sends as much as goes without waiting.
    ///
    /// - Returns: how many octets; 0 where it would have to wait.
    /// - Throws: when the connection is lost.
    func send(_ octets: [UInt8]) throws(ConnectionFault) -> Int {
        while true {
            let count = unsafe octets.withUnsafeBytes { octets in
                let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
                return unsafe Glibc.send(descriptor, octets.baseAddress, octets.count, flags)
            }
            if count >= 0 { return count }
            switch errno {
            case EINTR: continue
            case EAGAIN, EWOULDBLOCK: return 0
            default: throw ConnectionFault(reason: complaint(errno))
            }
        }
    }

    /// Octets that were sent and that the peer's host has not acknowledged.
    var outstanding: Int {
        var count: Int32 = 0
        // SIOCOUTQ, which the C library calls by its name for terminals.
        guard unsafe ioctl(descriptor, UInt(TIOCOUTQ), &count) == 0 else { return 0 }
        return Int(count)
    }

    /// Reads off what the peer says, which nobody asked for.
    ///
    /// - Throws: when it closed the connection.
    func readOff() throws(ConnectionFault) {
        var octets = [UInt8](repeating: 0, count: 4096)
        for _ in 0..<64 {
            let count = unsafe recv(
                descriptor,
                &octets,
                octets.count,
                Int32(MSG_DONTWAIT)
            )
            if count == 0 { throw ConnectionFault(reason: "the peer closed the connection") }
            guard count < 0 else { continue }
            if errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR { return }
            throw ConnectionFault(reason: complaint(errno))
        }
    }

    private static func connectUnix(_ path: String) throws(ConnectionFault) -> Int32 {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else { throw ConnectionFault(reason: complaint(errno)) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { target in
            unsafe target.copyBytes(from: path.utf8.prefix(target.count - 1))
        }
        let status = unsafe withUnsafeBytes(of: &address) { octets in
            unsafe connect(
                descriptor,
                octets.baseAddress?.assumingMemoryBound(to: sockaddr.self),
                socklen_t(octets.count)
            )
        }
        guard status == 0 else {
            let error = errno
            close(descriptor)
            throw ConnectionFault(reason: complaint(error))
        }
        return descriptor
    }

    private static func connectTCP(
        _ host: String,
        _ port: UInt16,
        _ alarm: Int32
    ) throws(ConnectionFault) -> Int32 {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        unsafe hints.ai_flags = AI_NUMERICSERV | AI_ADDRCONFIG
        var list: UnsafeMutablePointer<addrinfo>?
        var status = unsafe getaddrinfo(host, "\(port)", &hints, &list)
        if status != 0 {
            // A host that has only its loopback has no configured address family.
            unsafe hints.ai_flags = AI_NUMERICSERV
            status = unsafe getaddrinfo(host, "\(port)", &hints, &list)
        }
        guard status == 0 else {
            throw ConnectionFault(reason: unsafe String(cString: gai_strerror(status)))
        }
        defer { unsafe freeaddrinfo(list) }
        var reason = "has no address"
        var entry = unsafe list
        while let address = unsafe entry {
            let outcome = unsafe attempt(address, alarm)
            switch outcome {
            case .success(let descriptor): return descriptor
            case .failure(let fault): reason = fault.reason
            }
            unsafe entry = address.pointee.ai_next
        }
        throw ConnectionFault(reason: reason)
    }

    private static func attempt(
        _ address: UnsafeMutablePointer<addrinfo>,
        _ alarm: Int32
    ) -> Result<Int32, ConnectionFault> {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = unsafe socket(address.pointee.ai_family, type, 0)
        guard descriptor >= 0 else { return .failure(ConnectionFault(reason: complaint(errno))) }
        var error: Int32 = 0
        if unsafe connect(descriptor, address.pointee.ai_addr, address.pointee.ai_addrlen) != 0 {
            error = errno == EINPROGRESS ? settle(descriptor, alarm) : errno
        }
        guard error == 0 else {
            close(descriptor)
            return .failure(ConnectionFault(reason: complaint(error)))
        }
        // A peer that vanished without a word is noticed within half a minute.
        set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1)
        set(descriptor, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, 30_000)
        set(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        return .success(descriptor)
    }

    /// - Returns: the error number, or 0 once it is connected.
    private static func settle(_ descriptor: Int32, _ alarm: Int32) -> Int32 {
        var polled = [
            pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0),
            pollfd(fd: alarm, events: Int16(POLLIN), revents: 0),
        ]
        guard unsafe poll(&polled, nfds_t(polled.count), connectTimeout) > 0, polled[0].revents != 0
        else {
            return ETIMEDOUT
        }
        var error: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        guard unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length) == 0 else {
            return errno
        }
        return error
    }

    private static func set(_ descriptor: Int32, _ level: Int32, _ name: Int32, _ value: Int32) {
        var value = value
        _ = unsafe setsockopt(
            descriptor,
            level,
            name,
            &value,
            socklen_t(MemoryLayout<Int32>.size)
        )
    }
}

/// Why there is no connection, or no longer.
struct ConnectionFault: Error {
    let reason: String
}
