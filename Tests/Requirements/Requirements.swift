import Foundation
import Synchronization

/// What stopped tests from being run here, for the list at the end of the run.
private let unmet = Mutex<[String]>([])

/// Whether CI runs: then what is not installed fails the tests that need it.
private let areAllRequired = ProcessInfo.processInfo.environment["SYNOPSIS_REQUIRE_ALL"] == "1"

/// Whether a test that needs something is run.
///
/// - Parameters:
///   - subject: what the test is about, as the list names it.
///   - reason: what is missing here; `nil` where nothing is.
///   - canBeInstalled: whether a package or the right user would help, and not only another kernel.
/// - Returns: `true` where nothing is missing, and where `SYNOPSIS_REQUIRE_ALL=1` and the missing
///   can be installed, so that the test fails.
public func isRun(_ subject: String, unless reason: String?, canBeInstalled: Bool = true) -> Bool {
    guard let reason else { return true }
    if areAllRequired, canBeInstalled { return true }
    unmet.withLock { unmet in
        if unmet.isEmpty { atexit { listUnmet() } }
        let line = "skipped: \(subject): \(reason)"
        if !unmet.contains(line) { unmet.append(line) }
    }
    return false
}

/// Whether a test that calls a program is run, as by `isRun(_:unless:)`.
public func isRun(_ subject: String, with programs: String...) -> Bool {
    let missing = programs.filter { tool($0) == nil }
    return isRun(
        subject,
        unless: missing.isEmpty ? nil : "not installed: \(missing.joined(separator: ", "))"
    )
}

/// Whether a test that needs root and programs is run, as by `isRun(_:unless:)`.
public func isRunAsRoot(_ subject: String, with programs: String...) -> Bool {
    let missing = programs.filter { tool($0) == nil }
    let needs = (geteuid() == 0 ? [] : ["not root"]) + missing.map { "not installed: \($0)" }
    return isRun(subject, unless: needs.isEmpty ? nil : needs.joined(separator: ", "))
}

/// A program that tests call; `nil` where it is not installed.
public func tool(_ program: String) -> String? {
    ["/usr/bin/", "/usr/sbin/", "/bin/", "/sbin/", "/usr/local/bin/"].map { $0 + program }.first {
        FileManager.default.isExecutableFile(atPath: $0)
    }
}

private func listUnmet() {
    for line in unmet.withLock({ $0 }) { FileHandle.standardError.write(Data("\(line)\n".utf8)) }
}
