import Tracking

/// A copy of one frame.
struct CopiedFrame: Hashable {
    let number: UInt64
    let time: Int64
    let octets: [UInt8]
    let originalLength: UInt32
    let linkType: LinkType
}

/// All that a capture file gave, and what ended it.
struct CopiedCapture {
    var frames: [CopiedFrame] = []
    var error: CaptureError?
    var framesRead: UInt64 = 0
    var octetsRead: UInt64 = 0
    var hasNanoseconds = false
    var packetsRead: UInt64 = 0
    var packetsWithoutTime: UInt64 = 0
    var drops: UInt64 = 0
    var linkTypes: [LinkType] = []
}

/// Reads a whole file of these octets, up to its end or its first broken record.
func readCapture(_ octets: [UInt8], keepingOnly filter: String? = nil) throws -> CopiedCapture {
    let temporary = try TemporaryFile(octets)
    var file = try PcapFile(path: temporary.path)
    if let filter { try file.keep(only: filter) }
    var copy = CopiedCapture()
    do throws(CaptureError) {
        while try file.advance() { copy.frames.append(CopiedFrame(file.frame)) }
    } catch {
        copy.error = error
    }
    copy.framesRead = file.framesRead
    copy.octetsRead = file.octetsRead
    copy.hasNanoseconds = file.hasNanoseconds
    copy.packetsRead = file.packetsRead
    copy.packetsWithoutTime = file.packetsWithoutTime
    copy.drops = file.drops
    copy.linkTypes = file.linkTypes
    return copy
}

/// The error that keeps the file at `path` from being opened.
func refusal(at path: String, keepingOnly filter: String? = nil) -> CaptureError? {
    do throws(CaptureError) {
        var file = try PcapFile(path: path)
        if let filter { try file.keep(only: filter) }
        return nil
    } catch {
        return error
    }
}

extension CopiedFrame {
    init(_ frame: borrowing Frame) {
        let octets = frame.octets
        self.init(
            number: frame.number,
            time: frame.time,
            octets: unsafe octets.withUnsafeBytes { unsafe Array($0) },
            originalLength: frame.originalLength,
            linkType: frame.linkType
        )
    }
}
