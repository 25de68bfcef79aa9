import CZlib
import Glibc

/// A file that is written front to back through one buffer, compressed or not.
struct OctetSink: ~Copyable {
    private static let bufferLength = 1 << 20

    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var compressor: Compressor?

    init(path: String, isCompressed: Bool) throws(SystemError) {
        let opened = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        guard opened >= 0 else { throw SystemError() }
        descriptor = opened
        buffer.reserveCapacity(Self.bufferLength + 65536)
        compressor = isCompressed ? Compressor() : nil
    }

    deinit {
        close(descriptor)
    }

    mutating func append(_ octets: some Collection<UInt8>) {
        buffer.append(contentsOf: octets)
    }

    mutating func append(zeros count: Int) {
        buffer.append(contentsOf: repeatElement(0, count: count))
    }

    @inline(__always)
    mutating func append(littleEndian value: UInt32) {
        for shift in stride(from: 0, to: 32, by: 8) {
            buffer.append(UInt8(truncatingIfNeeded: value >> UInt32(shift)))
        }
    }

    /// Writes the buffer out if it is full enough.
    mutating func relieve() throws(SystemError) {
        if buffer.count >= Self.bufferLength { try flush(isLast: false) }
    }

    /// Writes the rest out: nothing can be appended after it.
    mutating func finish() throws(SystemError) {
        try flush(isLast: true)
    }

    private mutating func flush(isLast: Bool) throws(SystemError) {
        if let compressor {
            try write(compressor.compress(buffer, isLast: isLast))
        } else {
            try write(buffer)
        }
        buffer.removeAll(keepingCapacity: true)
    }

    private func write(_ octets: [UInt8]) throws(SystemError) {
        var start = 0
        while start < octets.count {
            let written = unsafe octets.withUnsafeBytes { octets in
                unsafe Glibc.write(
                    descriptor,
                    octets.baseAddress.map { unsafe $0 + start },
                    octets.count - start
                )
            }
            guard written > 0 else { throw SystemError() }
            start += written
        }
    }
}

/// A gzip stream, of the level that gzip has by default.
@safe
private final class Compressor {
    private var stream = unsafe z_stream()

    init() {
        unsafe synopsis_deflate_begin(&stream, 6)
    }

    deinit {
        unsafe deflateEnd(&stream)
    }

    /// What the compressed stream grows by.
    func compress(_ octets: [UInt8], isLast: Bool) -> [UInt8] {
        var input = octets
        var output: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 18)
        unsafe input.withUnsafeMutableBufferPointer { source in
            unsafe stream.next_in = source.baseAddress
            unsafe stream.avail_in = UInt32(source.count)
            var isMore = true
            while isMore {
                unsafe piece.withUnsafeMutableBufferPointer { target in
                    unsafe stream.next_out = target.baseAddress
                    unsafe stream.avail_out = UInt32(target.count)
                    _ = unsafe deflate(&stream, isLast ? Z_FINISH : Z_NO_FLUSH)
                }
                output += unsafe piece.prefix(piece.count - Int(stream.avail_out))
                isMore = unsafe stream.avail_out == 0
            }
        }
        return output
    }
}

/// What the operating system said last.
struct SystemError: Error, CustomStringConvertible {
    let number = errno

    var description: String {
        unsafe String(cString: strerror(number))
    }
}
