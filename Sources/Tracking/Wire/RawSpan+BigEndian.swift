/// Fixed-width reads in network byte order, each bounds-checked by the standard library.
///
/// The loads are sound for any content, since every bit pattern is a valid integer, and `RawSpan`
/// refuses an offset outside of itself.
extension RawSpan {
    /// The octet at `offset`.
    @inline(always)
    package func octet(at offset: Int) -> UInt8 {
        unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    /// The unsigned integer that begins at `offset`, as it lies in memory, without a check of its
    /// own: for loops that have looked at the length once.
    @inline(always)
    func word<Value: FixedWidthInteger & BitwiseCopyable>(
        at offset: Int,
        as type: Value.Type = Value.self
    ) -> Value {
        unsafe withUnsafeBytes { octets in
            unsafe octets.loadUnaligned(fromByteOffset: offset, as: Value.self)
        }
    }

    /// The unsigned integer in network byte order that begins at `offset`, without a check of its
    /// own: for the plain path, which has looked at the length once for all of them.
    @inline(always)
    func plain<Value: FixedWidthInteger & BitwiseCopyable>(
        at offset: Int,
        as type: Value.Type = Value.self
    ) -> Value {
        Value(
            bigEndian: unsafe withUnsafeBytes { octets in
                unsafe octets.loadUnaligned(fromByteOffset: offset, as: Value.self)
            }
        )
    }

    /// The unsigned integer in network byte order that begins at `offset`.
    @inline(always)
    package func bigEndian<Value: FixedWidthInteger & BitwiseCopyable>(
        at offset: Int,
        as type: Value.Type = Value.self
    ) -> Value {
        Value(bigEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: Value.self))
    }
}
