import Glibc

/// Memory for a part of an input.
///
/// Sound although it holds a pointer: the memory lives as long as the block, and is zero where nothing was read into it.
@safe
struct OctetBlock: ~Copyable {
    /// In octets.
    static let length = 1 << 19
    /// As many octets may be looked at behind the length, so that a record's header needs no check of its own.
    static let margin = 64

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

    deinit {
        unsafe free(memory)
    }
}
