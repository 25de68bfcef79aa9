import Glibc

/// A user whom the capture may run as.
package struct UserAccount: Hashable, Sendable {
    /// `nil` for one that is known by its number only.
    package let name: String?
    package let user: UInt32
    package let group: UInt32

    package init(name: String?, user: UInt32, group: UInt32) {
        self.name = name
        self.user = user
        self.group = group
    }

    /// The account of a name, or of a number; `nil` where there is none.
    package init?(_ text: String) {
        var entry = unsafe passwd()
        var texts = [CChar](repeating: 0, count: 16_384)
        var found: UnsafeMutablePointer<passwd>?
        if let number = UInt32(text) {
            _ = unsafe getpwuid_r(number, &entry, &texts, texts.count, &found)
        } else {
            _ = unsafe getpwnam_r(text, &entry, &texts, texts.count, &found)
        }
        guard let found = unsafe found, let name = unsafe found.pointee.pw_name else { return nil }
        unsafe self.init(
            name: String(cString: name),
            user: found.pointee.pw_uid,
            group: found.pointee.pw_gid
        )
    }

    /// Who called for this process by way of sudo; `nil` where nobody did, or root itself.
    package static var invoking: UserAccount? {
        guard let user = number("SUDO_UID"), let group = number("SUDO_GID"), user != 0 else {
            return nil
        }
        return UserAccount(name: UserAccount(String(user))?.name, user: user, group: group)
    }

    private static func number(_ variable: String) -> UInt32? {
        guard let value = unsafe getenv(variable) else { return nil }
        return UInt32(unsafe String(cString: value))
    }
}

extension UserAccount: CustomStringConvertible {
    package var description: String { name ?? "user \(user)" }
}
