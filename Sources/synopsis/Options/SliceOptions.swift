import ArgumentParser
import Tracking
import Glibc
import Live

/// Which packets are kept around an incident.
struct SliceOptions: ParsableArguments {
    /// Whose packets a slice holds.
    enum Scope: String, ExpressibleByArgument, CaseIterable {
        case flows
        case all
    }

    @Option(
        help: ArgumentHelp(
            "Keep recent packets in memory, for example 30s or 256MB, and write those of an incident to a file.",
            valueName: "time|size"
        )
    )
    var ring: String?

    @Option(help: ArgumentHelp("Least severity that triggers a slice.", valueName: "severity"))
    var trigger = SeverityName.error

    @Option(help: "Packets in a slice: flows (those of the incident) or all.")
    var slice = Scope.flows

    @Option(
        help: ArgumentHelp("Seconds to keep recording after the trigger.", valueName: "seconds")
    )
    var after = 2.0

    @Option(
        help: ArgumentHelp("Number of slices to keep; the oldest is deleted.", valueName: "count")
    )
    var slices = 20

    @Option(help: ArgumentHelp("Maximum size of a slice.", valueName: "size"))
    var sliceSize = "16MB"

    @Option(help: ArgumentHelp("Write slices to this folder.", valueName: "folder"))
    var sliceDir = "."

    func validate() throws {
        if let ring, Rotation(ring) == nil {
            throw ValidationError("--ring takes a time or a size, for example 30s or 256MB.")
        }
        guard case .size(let size)? = Rotation(sliceSize), size <= 1 << 32 else {
            throw ValidationError("--slice-size takes a size up to 4GiB, for example 16MB.")
        }
        if !(1...100_000).contains(slices) {
            throw ValidationError("--slices takes a number from 1 to 100000.")
        }
        let seconds = 0...3600.0
        if !seconds.contains(after) {
            throw ValidationError("--after takes seconds from 0 to 3600.")
        }
    }

    /// What is kept, if anything is.
    var settings: TriggeredSlices.Settings? {
        guard let ring, let span = Rotation(ring) else { return nil }
        var settings = TriggeredSlices.Settings()
        switch span {
        case .size(let octets): settings.memory = Int(clamping: octets)
        case .period(let seconds):
            settings.span = min(seconds, 1_000_000) * 1_000_000_000
        }
        settings.trigger = trigger.severity
        settings.after = Int64(after * 1e9)
        settings.takesAll = slice == .all
        if case .size(let octets)? = Rotation(sliceSize) {
            settings.sliceSize = Int(clamping: octets)
        }
        return settings
    }

    /// Makes sure that slices can be written, once it is settled as whom.
    ///
    /// - Throws: when they cannot.
    func checkFolder() throws(ExitStatus) {
        guard ring != nil, unsafe access(sliceDir, W_OK | X_OK) != 0 else { return }
        let reason = unsafe String(cString: strerror(errno))
        Output.error(
            "synopsis: \(foreign: sliceDir): slices cannot be written there: \(foreign: reason)\n"
        )
        throw ExitStatus(code: Program.failure)
    }

    /// Begins the thread that writes them.
    var folder: SliceFolder? {
        ring == nil ? nil : SliceFolder(path: sliceDir, kept: slices)
    }
}
