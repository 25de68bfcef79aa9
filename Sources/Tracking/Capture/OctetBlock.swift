import Glibc

/// Memory for a part of an input.
///
/// Sound although it holds a pointer: the memory lives as long as the block, and is zero where
/// nothing was read into it.
@safe
struct OctetBlock: ~Copyable {
    /// In octets.
    static let length = 1 << 19
    /// As many octets may be looked at behind the length, so that a record's header needs no check
    /// of its own.
    static let margin = 64

    /// As much as is read ahead of who walks the input, in octets.
    static let readLength = 1 << 17
    /// Room before that for what is left of the block before.
    static let headroom = length - readLength

    let memory: UnsafeMutableRawPointer

    init() {
        // Fresh pages are zero, and are not touched before they are used.
        if let fresh = unsafe calloc(1, Self.length + Self.margin) {
            unsafe memory = fresh
        } else {
            unsafe memory = .allocate(byteCount: Self.length + Self.margin, alignment: 16)
            unsafe memory.initializeMemory(
                as: UInt8.self,
                repeating: 0,
                count: Self.length + Self.margin
            )
        }
    }

    /// Reads a part of a file to behind the headroom.
    ///
    /// - Returns: how many octets, fewer than `readLength` at the end or where the file cannot be
    ///   read.
    func read(_ descriptor: Int32, at offset: UInt64) -> Int {
        var count = 0
        while count < Self.readLength {
            let got = unsafe CaptureStream.read(
                descriptor,
                at: offset &+ UInt64(count),
                into: UnsafeMutableRawBufferPointer(
                    start: memory + Self.headroom + count,
                    count: Self.readLength - count
                )
            )
            if got <= 0 { break }
            count += got
        }
        return count
    }

    deinit {
        unsafe free(memory)
    }
}
