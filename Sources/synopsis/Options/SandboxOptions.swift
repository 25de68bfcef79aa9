import ArgumentParser
import Live
import Tracking

/// Whether the program gives up what reading packets does not take.
struct SandboxOptions: ParsableArguments {
    @Flag(help: "Do not restrict which files and connections can be opened.")
    var noSandbox = false

    /// Enters a sandbox, unless that is not wanted; before any thread is started.
    ///
    /// - Parameter sandbox: what may still be touched.
    /// - Returns: a line for each thing that the kernel lacks for it.
    func enter(_ sandbox: Sandbox) -> [ShownText] {
        guard !noSandbox else { return [] }
        return sandbox.enter().map {
            "the sandbox lacks \(foreign: $0), which this kernel does not have"
        }
    }
}
