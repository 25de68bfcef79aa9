import CLZ4

/// LZ4 frames by liblz4, one after the other; the legacy format of `lz4 -l` is not known to it.
@safe
struct LZ4Unpacker: Unpacker {
    private let context: OpaquePointer
    private(set) var isComplete = true

    /// `nil` if there is no memory.
    init?() {
        var context: OpaquePointer?
        let status = unsafe LZ4F_createDecompressionContext(&context, UInt32(LZ4F_VERSION))
        guard LZ4F_isError(status) == 0, let context = unsafe context else { return nil }
        unsafe self.context = context
    }

    func close() {
        _ = unsafe LZ4F_freeDecompressionContext(context)
    }

    mutating func unpack(
        _ input: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) -> UnpackStep {
        var (taken, written) = (input.count, output.count)
        let status = unsafe LZ4F_decompress(
            context,
            output.baseAddress,
            &written,
            input.baseAddress,
            &taken,
            nil
        )
        var step = UnpackStep(taken: taken, written: written)
        if LZ4F_isError(status) != 0 {
            step.fault = unsafe String(cString: LZ4F_getErrorName(status))
        } else if taken > 0 || written > 0 {
            isComplete = status == 0
        }
        return step
    }
}
