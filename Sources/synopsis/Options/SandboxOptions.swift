import ArgumentParser
import Live
import Tracking

/// Whether the program gives up what reading packets does not take.
struct SandboxOptions: ParsableArguments {
    @Flag(help: "Keep the right to open files and connections that were not named.")
    var noSandbox = false

    /// Enters a sandbox, unless that is not wanted; before any thread is started.
    ///
    /// - Parameter sandbox: what may still be touched.
    /// - Returns: a line for each thing that the kernel lacks for it.
    func enter(_ sandbox: Sandbox) -> [ShownText] {
        guard !noSandbox else { return [] }
        return sandbox.enter().map {
            "the sandbox goes without \(foreign: $0), which this kernel lacks"
        }
    }
}
