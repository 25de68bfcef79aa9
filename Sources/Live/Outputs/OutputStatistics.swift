import Glibc

/// What became of the lines that an output was given.
package struct OutputStatistics: Hashable, Sendable {
    /// Lines that are where they should be, as far as anybody can tell from here.
    package var written: UInt64 = 0
    /// Lines that were lost: the disk was full, or the reader was gone or slow for longer than the
    /// queue lasts.
    package var dropped: UInt64 = 0
    /// Times that an operation on the file or the connection failed.
    package var errors: UInt64 = 0

    package init() {}
}

/// The words of the C library for an error number.
func complaint(_ number: Int32) -> String {
    var octets = [CChar](repeating: 0, count: 128)
    guard unsafe strerror_r(number, &octets, octets.count) == 0 else { return "error \(number)" }
    return unsafe String(cString: &octets)
}
