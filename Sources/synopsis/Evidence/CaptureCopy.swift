import Reporting
import Tracking

/// A pass over captures that writes their packets, or some of them, to a file of pcapng piece by
/// piece.
struct CaptureCopy {
    /// As much is written at a time, in bytes.
    private static let pieceLength = 1 << 18

    /// The captures, their filter, and how many packets of them are read.
    let inputs: [String]
    var filter: String?
    var limit: UInt64 = .max
    /// Replaces addresses and names, if there is one.
    var key: AnonymityKey?
    /// What is to be said of all packets.
    var comment: String?
    /// Which packets are written, and what is said of each; `nil` for all of them.
    var selection: EvidenceSelection?
    /// Whether packets keep their numbers, where other records stand between them.
    private var keepsNumbers: Bool { filter == nil && selection?.takesAll ?? true }

    /// What a pass came to.
    struct Outcome {
        /// Packets that were read, and those that were written.
        var read: UInt64 = 0
        var written: UInt64 = 0
        /// That of the last packet.
        fileprivate var number: UInt64 = 0
        /// Why it ended before the end.
        var complaints: [CaptureError] = []
    }

    /// Reads the captures, and gives the file's bytes to `write`.
    func run(_ write: ([UInt8]) throws(ExitStatus) -> Void) throws(ExitStatus) -> Outcome {
        var files = MergedFiles(paths: inputs, filter: filter)
        var outcome: Outcome
        if let key {
            var source = AnonymisedSource(files, key)
            outcome = try copy(&source, to: write)
            files = source.finish()
        } else {
            outcome = try copy(&files, to: write)
        }
        outcome.complaints += files.refusals + files.finish().compactMap(\.damage)
        return outcome
    }

    private func copy(
        _ source: inout some DescribedSource & ~Copyable,
        to write: ([UInt8]) throws(ExitStatus) -> Void
    ) throws(ExitStatus) -> Outcome {
        var outcome = Outcome()
        var writer = PcapngWriter(
            comment: comment,
            application: "synopsis \(Report.toolVersion)"
        )
        var isMore = true
        while isMore {
            do throws(CaptureError) {
                isMore = try copyPiece(of: &source, into: &writer, &outcome)
            } catch {
                outcome.complaints.append(error)
                isMore = false
            }
            try write(writer.takeOctets())
        }
        return outcome
    }

    /// - Returns: `false` at the end of the captures.
    private func copyPiece(
        of source: inout some DescribedSource & ~Copyable,
        into writer: inout PcapngWriter,
        _ outcome: inout Outcome
    ) throws(CaptureError) -> Bool {
        while writer.octets.count < Self.pieceLength {
            guard outcome.read < limit, try source.advance() else { return false }
            outcome.read += 1
            while keepsNumbers, outcome.number + 1 < source.frame.number {
                writer.addRecord()
                outcome.number += 1
            }
            outcome.number = source.frame.number
            guard selection?.takes(source.frame) ?? true else { continue }
            outcome.written += 1
            let interface = writer.number(of: source.interface)
            let frame = source.frame
            writer.addPacket(
                frame.octets,
                time: frame.time,
                interface: interface,
                originalLength: frame.originalLength,
                comments: selection?.comments[frame.number] ?? []
            )
        }
        return true
    }
}
