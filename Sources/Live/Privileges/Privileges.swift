import CPrivileges
import Glibc

/// What this process may do, and how it gives that up once its interfaces are open.
///
/// To be called while there is but one thread: capabilities belong to threads, and those that start
/// later have what the first one has left.
package enum Privileges {
    /// Why privileges could not be given up; nothing is captured then.
    package struct Fault: Error, Hashable, Sendable, CustomStringConvertible {
        package let description: String
    }

    /// What became of the privileges.
    package enum Outcome: Hashable, Sendable {
        /// It runs as this user now.
        case fell(UserAccount)
        /// It runs as the user that it ran as, who is not root.
        case unprivileged
        /// It runs as root, since there was nobody to fall to, with what was to be kept alone.
        case remainsRoot
    }

    /// The bit of CAP_NET_RAW, which opens packet sockets.
    private static let packetSockets: UInt64 = 1 << 13
    /// Those of CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH, which open other users' files.
    private static let files: UInt64 = 1 << 1 | 1 << 2

    /// Keeps of root's rights the one to open files, which a capture may belong to anybody.
    ///
    /// - Throws: when the others cannot be given up.
    package static func reduceToFiles() throws(Fault) {
        try check("no new privileges", synopsis_gain_no_privileges())
        bound(to: files)
        try reduceCapabilities(to: files)
    }

    /// Falls to a user who may do nothing beyond his own, and makes sure that there is no way back.
    ///
    /// - Parameters:
    ///   - account: whom to become; `nil` for whoever called for this process by way of sudo.
    ///   - keepsPacketSockets: whether interfaces can be opened again later.
    /// - Returns: what it came to.
    /// - Throws: when it may not become that user, or could still come back.
    package static func drop(
        to account: UserAccount?,
        keepsPacketSockets: Bool
    ) throws(Fault) -> Outcome {
        try check("no new privileges", synopsis_gain_no_privileges())
        let kept = keepsPacketSockets ? packetSockets : 0
        guard geteuid() == 0 else {
            if let account, account.user != geteuid() {
                throw Fault(description: "only root can become \(account)")
            }
            try reduceCapabilities(to: kept)
            return .unprivileged
        }
        bound(to: kept)
        guard let account = account ?? .invoking, account.user != 0 else {
            try reduceCapabilities(to: kept)
            return .remainsRoot
        }
        try check("capabilities", synopsis_keep_capabilities(1))
        try setGroups(of: account)
        let (user, group) = (account.user, account.group)
        try check("the group of \(account)", setresgid(group, group, group))
        try check("the user \(account)", setresuid(user, user, user))
        try check("capabilities", synopsis_keep_capabilities(0))
        try reduceCapabilities(to: kept)
        try verify(account)
        return .fell(account)
    }

    private static func setGroups(of account: UserAccount) throws(Fault) {
        if let name = account.name {
            try check("the groups of \(account)", unsafe initgroups(name, account.group))
        } else {
            try check("the groups of \(account)", setgroups(0, nil))
        }
    }

    /// Bounds what this process may ever get; without the right to do so, it gets nothing anyway.
    private static func bound(to kept: UInt64) {
        for bit in 0..<64 where kept & 1 << UInt64(bit) == 0 {
            _ = synopsis_drop_from_bounding_set(Int32(bit))
        }
    }

    private static func reduceCapabilities(to kept: UInt64) throws(Fault) {
        // A kernel without ambient capabilities has none to clear.
        _ = synopsis_clear_ambient_capabilities()
        let left = synopsis_permitted_capabilities() & kept
        try check("capabilities", synopsis_set_capabilities(left))
        guard synopsis_permitted_capabilities() == left else {
            throw Fault(description: "capabilities cannot be given up")
        }
    }

    /// Tries to come back, which must fail.
    private static func verify(_ account: UserAccount) throws(Fault) {
        var (real, effective, saved) = (uid_t(), uid_t(), uid_t())
        _ = unsafe getresuid(&real, &effective, &saved)
        let isFallen = [real, effective, saved].allSatisfy { $0 == account.user }
        guard isFallen, setresuid(0, 0, 0) != 0, seteuid(0) != 0,
            setegid(0) != 0 || account.group == 0
        else {
            throw Fault(description: "the privileges of root could be regained")
        }
    }

    private static func check(_ what: String, _ status: Int32) throws(Fault) {
        if status != 0 {
            throw Fault(description: "\(what): cannot be set: \(complaint(errno))")
        }
    }
}
