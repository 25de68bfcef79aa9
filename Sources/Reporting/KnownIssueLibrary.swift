import Diagnosing
import FoundationEssentials

/// The known issues that ship with the program.
package enum KnownIssueLibrary {
    /// Each is a file of its own in `KnownIssues/`; a file that cannot be read is left out, and a test says so.
    package static var all: [KnownIssue] {
        files.compactMap { try? JSONDecoder().decode(KnownIssue.self, from: Data($0)) }
    }

    /// How many there are, read or not.
    package static var fileCount: Int { files.count }

    private static var files: [[UInt8]] {
        [
            PackageResources.rhel_6_9_sunrpc_syn_burst_json,
            PackageResources.nfs_reconnect_same_port_dropped_json,
        ]
    }
}
