import Glibc

/// A file that is written front to back through one buffer.
struct OctetSink: ~Copyable {
    private static let bufferLength = 1 << 20

    private let descriptor: Int32
    private var buffer: [UInt8] = []

    init(path: String) throws(SystemError) {
        let opened = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        guard opened >= 0 else { throw SystemError() }
        descriptor = opened
        buffer.reserveCapacity(Self.bufferLength + 65536)
    }

    deinit {
        close(descriptor)
    }

    mutating func append(_ octets: [UInt8]) {
        buffer += octets
    }

    mutating func append(zeros count: Int) {
        buffer.append(contentsOf: repeatElement(0, count: count))
    }

    mutating func append(littleEndian value: UInt32) {
        for shift in stride(from: 0, to: 32, by: 8) {
            buffer.append(UInt8(truncatingIfNeeded: value >> UInt32(shift)))
        }
    }

    /// Writes the buffer out if it is full enough.
    mutating func relieve() throws(SystemError) {
        if buffer.count >= Self.bufferLength { try flush() }
    }

    mutating func flush() throws(SystemError) {
        var start = 0
        while start < buffer.count {
            let written = unsafe buffer.withUnsafeBytes { octets in
                unsafe Glibc.write(
                    descriptor,
                    octets.baseAddress.map { unsafe $0 + start },
                    buffer.count - start
                )
            }
            guard written > 0 else { throw SystemError() }
            start += written
        }
        buffer.removeAll(keepingCapacity: true)
    }
}

/// What the operating system said last.
struct SystemError: Error, CustomStringConvertible {
    let number = errno

    var description: String {
        unsafe String(cString: strerror(number))
    }
}
