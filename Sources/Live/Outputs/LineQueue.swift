/// Lines that wait to be sent, or were sent and are not known to have arrived.
///
/// A connection that breaks takes with it what lay in its buffers. So a line stays here until the
/// peer's host has acknowledged its last octet, and is sent again on the next connection if it did
/// not.
struct LineQueue {
    /// As many octets as may wait.
    private let limit: Int
    /// Those before `first` were confirmed and are empty.
    private var lines: [[UInt8]] = []
    private var first = 0
    /// In octets, of all lines that are here.
    private(set) var octets = 0
    /// How many of them were sent on the present connection.
    private(set) var sent = 0

    init(limit: Int) { self.limit = limit }

    /// Lines that are here.
    var count: Int { lines.count - first }

    /// Whether there is something to send.
    var hasUnsent: Bool { sent < octets }

    /// Whether a line of so many octets finds room; one longer than all the room does where nothing
    /// waits.
    func hasRoom(for length: Int) -> Bool { octets + length <= limit || octets == 0 }

    /// Takes a line.
    ///
    /// - Returns: `false` where there is no room; the line is not taken.
    mutating func append(_ line: [UInt8]) -> Bool {
        guard hasRoom(for: line.count) else { return false }
        lines.append(line)
        octets += line.count
        return true
    }

    /// The next octets to send, `most` at most.
    func unsent(most: Int) -> [UInt8] {
        var batch: [UInt8] = []
        var skipped = sent
        for line in lines[first...] {
            guard batch.count < most else { break }
            if skipped >= line.count {
                skipped -= line.count
            } else {
                batch += line[skipped...].prefix(most - batch.count)
                skipped = 0
            }
        }
        return batch
    }

    /// The lines that have waited longest, `most` at most.
    func first(_ most: Int) -> ArraySlice<[UInt8]> { lines[first...].prefix(most) }

    /// Forgets the line that has waited longest, which is written.
    mutating func removeFirst() {
        guard count > 0 else { return }
        drop()
        compact()
    }

    mutating func noteSent(_ count: Int) { sent = min(octets, sent + max(0, count)) }

    /// Forgets the lines that arrived.
    ///
    /// - Parameter outstanding: octets that were sent and may not have arrived.
    /// - Returns: how many lines arrived.
    mutating func confirm(allBut outstanding: Int) -> Int {
        let before = first
        while first < lines.count, lines[first].count <= sent - max(0, outstanding) {
            sent -= lines[first].count
            drop()
        }
        let confirmed = first - before
        compact()
        return confirmed
    }

    private mutating func drop() {
        octets -= lines[first].count
        lines[first] = []
        first += 1
    }

    private mutating func compact() {
        guard first == lines.count || first > 1024 && first * 2 > lines.count else { return }
        lines.removeFirst(first)
        first = 0
    }

    /// Begins anew with the first line that did not arrive: the connection is lost.
    mutating func rewind() { sent = 0 }
}
