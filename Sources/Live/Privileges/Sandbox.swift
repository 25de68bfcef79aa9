import CPrivileges
import Glibc

/// What this process may still touch once it reads what strangers sent: Landlock for files and
/// ports, seccomp for system calls.
///
/// To be entered while there is but one thread: it holds for that one, and for all that it starts.
package struct Sandbox: Sendable {
    /// Files and folders that may be read.
    package var readable: [String] = []
    /// Files that may be written, made, renamed and removed, with all else in their folders.
    package var writable: [String] = []
    /// Folders of which the same is true.
    package var writableFolders: [String] = []
    /// TCP ports that may be connected to; on a kernel that knows no ports of Landlock's, none is
    /// refused.
    package var peers: [UInt16] = []
    /// TCP ports that may be listened at.
    package var ports: [UInt16] = []
    /// Whether any socket may be opened.
    package var hasSockets = false
    /// Whether any connection may be made.
    package var hasConnections = false

    package init() {}

    /// What the C library reads on its own account: times, and names of hosts.
    private static let system = [
        "/etc/localtime", "/usr/share/zoneinfo", "/etc/resolv.conf", "/run/systemd/resolve",
        "/etc/hosts", "/etc/host.conf", "/etc/gai.conf", "/etc/nsswitch.conf", "/etc/services",
        "/etc/protocols", "/etc/ld.so.cache", "/usr/lib", "/lib", "/lib64", "/proc", "/sys",
    ]

    /// Rights of Landlock, by its bits.
    private enum Access {
        static let write: UInt64 = 1 << 1
        static let readFile: UInt64 = 1 << 2
        static let readFolder: UInt64 = 1 << 3
        static let removeFile: UInt64 = 1 << 5
        static let makeFile: UInt64 = 1 << 8
        static let truncate: UInt64 = 1 << 14
        /// Everything of the first version.
        static let first: UInt64 = (1 << 13) - 1
        static let bind: UInt64 = 1
        static let connect: UInt64 = 2
        /// To send signals to processes outside.
        static let signal: UInt64 = 2
    }

    /// Enters it, from which there is no way back.
    ///
    /// - Returns: what the kernel lacks for it, in words.
    package func enter() -> [String] {
        guard synopsis_gain_no_privileges() == 0 else { return ["no new privileges"] }
        var missing: [String] = []
        if !restrictFiles() { missing.append("Landlock") }
        if synopsis_forbid_calls(hasSockets ? 1 : 0, hasConnections ? 1 : 0) != 0 {
            missing.append("seccomp")
        }
        return missing
    }

    private func restrictFiles() -> Bool {
        let version = synopsis_landlock_version()
        guard version > 0 else { return false }
        let truncate = version >= 3 ? Access.truncate : 0
        let everything = Access.first | (version >= 2 ? 1 << 13 : 0) | truncate
        let rules = synopsis_landlock_begin(
            everything,
            version >= 4 ? Access.bind | Access.connect : 0,
            version >= 6 ? Access.signal : 0
        )
        guard rules >= 0 else { return false }
        defer { close(rules) }
        let file = Access.write | Access.readFile | truncate
        let folder = file | Access.readFolder | Access.removeFile | Access.makeFile
        for path in Self.system + readable {
            allow(path, Access.readFile | Access.readFolder, rules)
        }
        for path in writable { allow(path, file, rules) }
        for path in writable.map(Self.folder(of:)) + writableFolders { allow(path, folder, rules) }
        if version >= 4 {
            for port in peers { synopsis_landlock_allow_port(rules, port, Access.connect) }
            for port in ports { synopsis_landlock_allow_port(rules, port, Access.bind) }
        }
        return synopsis_landlock_enforce(rules) == 0
    }

    /// Allows something to a folder and what is below it, or to a file, for which the rights of
    /// folders are left out.
    private func allow(_ path: String, _ access: UInt64, _ rules: Int32) {
        guard unsafe synopsis_landlock_allow(rules, path, access) != 0, errno == EINVAL else {
            return
        }
        let ofFiles = Access.write | Access.readFile | Access.truncate
        _ = unsafe synopsis_landlock_allow(rules, path, access & ofFiles)
    }

    /// The folder that a file is in.
    private static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
