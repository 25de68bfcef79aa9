import Glibc
import Reporting
import Synchronization

/// Writes slices into a folder by a thread of its own, and removes the oldest ones beyond a number.
///
/// Only files whose names have the form that it gives them are its own, also those of an earlier
/// run.
package final class SliceFolder: Sendable {
    /// As many slices wait to be written.
    private static let queueLimit = 4

    /// What became of the slices.
    package struct Statistics: Hashable, Sendable {
        package var written: UInt64 = 0
        /// Those that could not be written.
        package var failed: UInt64 = 0
        /// Octets of those that were written.
        package var octets: UInt64 = 0

        package init() {}
    }

    fileprivate struct State {
        var waiting: [(name: String, octets: [UInt8])] = []
        var statistics = Statistics()
        var notices: [String] = []
        var isEnding = false
        var isWriting = false
    }

    private let path: String
    private let kept: Int
    private let state = Mutex(State())
    private let thread = BackgroundThread()

    /// - Parameters:
    ///   - path: an existing folder.
    ///   - kept: as many slices are kept in it, from 1.
    package init(path: String, kept: Int) {
        self.path = path
        self.kept = max(1, kept)
        thread.start { self.run() }
    }

    /// Hands a slice to the thread.
    ///
    /// - Parameters:
    ///   - octets: the file.
    ///   - time: of the incident, in nanoseconds since 1970.
    ///   - incident: its id.
    func write(_ octets: [UInt8], at time: Int64, incident: String) {
        let name = Self.name(at: time, incident: incident)
        state.withLock { state in
            if state.waiting.count < Self.queueLimit {
                state.waiting.append((name, octets))
            } else {
                state.statistics.failed += 1
                state.note("\(path): is too slow; slice \(name) was dropped")
            }
        }
        thread.wake()
    }

    /// Waits until all slices are written; by the deadline, what is left is counted as failed.
    package func close(by deadline: ContinuousClock.Instant) {
        state.withLock { $0.isEnding = true }
        thread.wake()
        thread.join(by: deadline)
        state.withLock { state in
            let left = state.waiting.count + (state.isWriting ? 1 : 0)
            guard left > 0 else { return }
            state.waiting = []
            state.statistics.failed += UInt64(left)
            state.note(
                "\(path): \(left) \(left == 1 ? "slice was" : "slices were") not written in time"
            )
        }
    }

    package var statistics: Statistics { state.withLock { $0.statistics } }

    /// What people should know since this was last asked: which slices there are, and why others
    /// are not.
    package func takeNotice() -> String? {
        state.withLock { $0.notices.isEmpty ? nil : $0.notices.removeFirst() }
    }

    /// `synopsis-20261121T141218Z-0123456789abcdef.pcapng`.
    static func name(at time: Int64, incident: String) -> String {
        let text = UTCTime.text(time, hasNanoseconds: false)
        let second = text.prefix(19).filter { $0 != "-" && $0 != ":" }
        return "synopsis-\(second)Z-\(incident).pcapng"
    }

    /// Whether a file is one of its own.
    static func isSlice(_ name: String) -> Bool {
        name.wholeMatch(of: /synopsis-\d{8}T\d{6}Z-[0-9a-f]{16}\.pcapng/) != nil
    }
}

// What the thread does.
extension SliceFolder {
    private func run() {
        while true {
            let (next, isEnding) = state.withLock { state in
                state.isWriting = !state.waiting.isEmpty
                return (state.isWriting ? state.waiting.removeFirst() : nil, state.isEnding)
            }
            if let next {
                write(next.octets, to: next.name)
                removeOldest()
            } else if isEnding {
                return
            } else {
                thread.rest(milliseconds: 1000)
            }
        }
    }

    /// Under another name first, so that whoever watches the folder sees whole files only.
    private func write(_ octets: [UInt8], to name: String) {
        let (file, part) = ("\(path)/\(name)", "\(path)/.\(name).part")
        // Never through a link that somebody else put there.
        let flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC
        let descriptor = unsafe open(part, flags, 0o640)
        guard descriptor >= 0 else { return fail(file, errno) }
        var written = 0
        var error: Int32 = 0
        while written < octets.count, error == 0 {
            let count = unsafe octets[written...].withUnsafeBytes { rest in
                unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
            }
            if count > 0 {
                written += count
            } else if count == 0 || errno != EINTR {
                error = count == 0 ? ENOSPC : errno
            }
        }
        if Glibc.close(descriptor) != 0, error == 0 { error = errno }
        if error == 0, unsafe rename(part, file) != 0 { error = errno }
        guard error == 0 else {
            _ = unsafe unlink(part)
            return fail(file, error)
        }
        state.withLock { state in
            state.statistics.written += 1
            state.statistics.octets += UInt64(octets.count)
            state.note("\(file): written")
        }
    }

    private func fail(_ file: String, _ error: Int32) {
        let reason = complaint(error)
        state.withLock { state in
            state.statistics.failed += 1
            state.note("\(file): cannot be written: \(reason)")
        }
    }

    private func removeOldest() {
        guard let folder = unsafe opendir(path) else { return }
        defer { unsafe closedir(folder) }
        var names: [String] = []
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { octets in
                unsafe String(decoding: octets.prefix { $0 != 0 }, as: UTF8.self)
            }
            if Self.isSlice(name) { names.append(name) }
        }
        // Their names begin with their times.
        for name in names.sorted().dropLast(kept) { _ = unsafe unlink("\(path)/\(name)") }
    }
}

extension SliceFolder.State {
    fileprivate mutating func note(_ notice: String) {
        notices.append(notice)
        if notices.count > 64 { notices.removeFirst() }
    }
}
