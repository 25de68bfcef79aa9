import CZlib

/// gzip members (RFC 1952) by zlib, one after the other.
///
/// Zeros behind the last member are padding, as on a tape; anything else there is a fault, as gzip
/// has it, too.
@safe
struct GzipUnpacker: Unpacker {
    private enum State {
        case inMember, betweenMembers
        /// After the first octet of a magic number.
        case inMagic
        case inPadding
    }

    /// zlib remembers where it lies, and refuses to go on elsewhere.
    private let stream: UnsafeMutablePointer<z_stream>
    private var state = State.inMember

    /// `nil` if there is no memory.
    init?() {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        guard unsafe synopsis_inflate_begin(stream) == Z_OK else {
            unsafe stream.deallocate()
            return nil
        }
    }

    func close() {
        _ = unsafe inflateEnd(stream)
        unsafe stream.deallocate()
    }

    var isComplete: Bool { state == .betweenMembers || state == .inPadding }

    mutating func unpack(
        _ input: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) -> UnpackStep {
        switch state {
        case .inMember: return unsafe inflate(input, output)
        case .betweenMembers, .inMagic, .inPadding: return unsafe step(over: input)
        }
    }

    private mutating func inflate(
        _ input: UnsafeRawBufferPointer,
        _ output: UnsafeMutableRawBufferPointer
    ) -> UnpackStep {
        let octets = unsafe UnsafeMutablePointer(
            mutating: input.bindMemory(to: UInt8.self).baseAddress
        )
        unsafe stream.pointee.next_in = octets
        unsafe stream.pointee.avail_in = UInt32(input.count)
        unsafe stream.pointee.next_out = output.bindMemory(to: UInt8.self).baseAddress
        unsafe stream.pointee.avail_out = UInt32(output.count)
        let status = unsafe CZlib.inflate(stream, Z_NO_FLUSH)
        var step = unsafe UnpackStep(
            taken: input.count - Int(stream.pointee.avail_in),
            written: output.count - Int(stream.pointee.avail_out)
        )
        switch status {
        case Z_OK, Z_BUF_ERROR:
            break
        case Z_STREAM_END:
            state = .betweenMembers
        default:
            let words = unsafe stream.pointee.msg.map { unsafe String(cString: $0) }
            step.fault = words ?? "zlib gives up with status \(status)"
        }
        return step
    }

    /// Looks for the next member.
    private mutating func step(over input: UnsafeRawBufferPointer) -> UnpackStep {
        var step = UnpackStep()
        for index in input.indices {
            switch (state, unsafe input[index]) {
            case (.betweenMembers, 0x1F):
                state = .inMagic
            case (.betweenMembers, 0), (.inPadding, 0):
                state = .inPadding
            case (.inMagic, 0x8B):
                begin()
                step.taken += 1
                return step
            default:
                step.fault = "what follows its last member is neither a member nor zeros; left out"
                return step
            }
            step.taken += 1
        }
        return step
    }

    /// Begins another member, whose magic number has been read.
    private mutating func begin() {
        _ = unsafe inflateReset(stream)
        var magic: [UInt8] = [0x1F, 0x8B]
        let length = UInt32(magic.count)
        unsafe magic.withUnsafeMutableBufferPointer { magic in
            unsafe stream.pointee.next_in = magic.baseAddress
            unsafe stream.pointee.avail_in = length
            // It writes nothing before it has seen the header.
            unsafe stream.pointee.avail_out = 0
            _ = unsafe CZlib.inflate(stream, Z_NO_FLUSH)
        }
        state = .inMember
    }
}
