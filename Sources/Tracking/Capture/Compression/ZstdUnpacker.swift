import CZstd

/// Zstandard frames (RFC 8878) by libzstd, one after the other; skippable frames are skipped.
@safe
struct ZstdUnpacker: Unpacker {
    private let context: OpaquePointer
    private(set) var isComplete = true

    /// As the program zstd has it: frames that need more memory to be unpacked, 128 MiB, are
    /// refused.
    private static let largestWindow: Int32 = 27

    /// `nil` if there is no memory.
    init?() {
        guard let context = unsafe ZSTD_createDCtx() else { return nil }
        unsafe ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Self.largestWindow)
        unsafe self.context = context
    }

    func close() {
        unsafe ZSTD_freeDCtx(context)
    }

    mutating func unpack(
        _ input: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) -> UnpackStep {
        var from = unsafe ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
        var to = unsafe ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
        let status = unsafe ZSTD_decompressStream(context, &to, &from)
        var step = unsafe UnpackStep(taken: from.pos, written: to.pos)
        if ZSTD_isError(status) != 0 {
            step.fault = unsafe String(cString: ZSTD_getErrorName(status))
        } else if step.taken > 0 || step.written > 0 {
            isComplete = status == 0
        }
        return step
    }
}
