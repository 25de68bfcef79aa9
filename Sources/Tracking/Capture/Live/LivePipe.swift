/// A capture that comes through a pipe, read as it comes.
package final class LivePipe: LiveSource {
    private var file: PcapFile
    /// Whether the present frame was not copied yet.
    private var isPending = false
    private var isAtEnd = false
    private var damage: CaptureError?
    private var dropsSoFar: UInt64 = 0

    /// - Parameter file: the capture, of which nothing was read yet.
    package init(_ file: consuming PcapFile) { self.file = file }

    package var names: [String] { [file.name] }

    package var hasNanoseconds: Bool { file.hasNanoseconds }

    package var isMixed: Bool { false }

    package var isBlocking: Bool { true }

    package var links: [LiveLink] {
        var drops = LiveDrops()
        drops.byInterface = file.drops
        return [
            LiveLink(
                name: file.name,
                dataLink: file.dataLink,
                linkType: file.linkTypes.first ?? .other,
                isOpen: !isAtEnd,
                drops: drops
            )
        ]
    }

    package func summary() -> InputSummary { file.summary(damage: damage) }

    package func wait(upTo milliseconds: Int32) {
        guard !isPending, !isAtEnd else { return }
        do throws(CaptureError) {
            isPending = try file.advance()
        } catch {
            damage = error
        }
        isAtEnd = !isPending
    }

    package func read(into frames: inout LiveFrames, at now: Int64) -> LiveReading {
        var reading = LiveReading()
        while isPending {
            guard append(to: &frames) else {
                reading.hasMore = true
                return reading
            }
            isPending = if case .frame = file.advanceInPlace() { true } else { false }
        }
        reading.isAtEnd = isAtEnd
        if isAtEnd, let damage { reading.news.append(.damaged(damage)) }
        return reading
    }

    private func append(to frames: inout LiveFrames) -> Bool {
        let memory = unsafe file.memory
        let length = min(memory.count, LiveFrames.octetLimit)
        return unsafe frames.append(
            UnsafeRawBufferPointer(rebasing: memory[..<length]),
            time: file.time,
            originalLength: file.originalLength,
            linkType: file.linkType
        )
    }

    package func readCounters() -> UInt64 {
        defer { dropsSoFar = file.drops }
        return file.drops &- dropsSoFar
    }
}
