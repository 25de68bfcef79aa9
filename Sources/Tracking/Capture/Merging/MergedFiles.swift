/// Several capture files as one capture, in the order of time.
///
/// Of each file the next frame is known; the earliest is the next of all, and of equal ones that of
/// the file which the user named first. A file is opened when its turn comes and closed at its end:
/// so files that do not overlap in time are read one after the other. A pipe cannot be opened
/// twice, and stays open.
package struct MergedFiles: ~Copyable, DescribedSource {
    /// What is known of one file.
    private struct Member {
        var summary: InputSummary?
        /// Its slot while it is open.
        var slot: Int?
        /// The number of its last frame that was given, in the file.
        var given: UInt64 = 0
        /// The numbers of its first and last frame among all.
        var numbers: ClosedRange<UInt64>?
    }

    /// Where each frame came from.
    package private(set) var origins: FrameOrigins
    /// Why files could not be opened at all.
    package private(set) var refusals: [CaptureError] = []
    /// The size of all files in octets, `nil` with a pipe among them.
    package private(set) var size: UInt64? = 0

    private let paths: [String]
    private let filter: String?
    private var files = OpenFiles()
    private var members: [Member]
    /// The files whose next frame is not the present one.
    private var waiting = MergeQueue()
    /// The file of the present frame, below 0 for none.
    private var current = -1
    /// Where that is open.
    private var currentSlot = 0
    /// The next frame of another file.
    private var horizon = MergeQueue.Entry.never
    /// Up to where the frames of all were given when the current file became that.
    private var framesGiven: UInt64 = 0
    private var octetsClosed: UInt64 = 0

    /// Looks at the begin of each file.
    ///
    /// - Parameters:
    ///   - paths: their names; `-` is standard input.
    ///   - filter: which packets to give, in pcap-filter(7)'s words.
    package init(paths: [String], filter: String?) {
        self.paths = paths
        self.filter = filter
        origins = FrameOrigins(files: paths.count)
        members = [Member](repeating: Member(), count: paths.count)
        for number in paths.indices { open(number, isFirstLook: true) }
    }

    /// Opens a file and steps to its first frame; keeps it open unless this is but a look at its
    /// begin.
    private mutating func open(_ number: Int, isFirstLook: Bool) {
        do throws(CaptureError) {
            var file = try PcapFile(path: paths[number])
            if let filter { try file.keep(only: filter) }
            if isFirstLook {
                size = file.size.flatMap { octets in size.map { $0 &+ octets } }
                members[number].summary = file.summary(damage: nil)
            }
            let isPipe = file.size == nil
            var damage: CaptureError?
            var isThere = false
            do throws(CaptureError) { isThere = try file.step() } catch { damage = error }
            guard isThere else {
                members[number].summary = file.summary(damage: damage)
                return
            }
            let entry = MergeQueue.Entry(time: file.time, file: number)
            if isFirstLook, !isPipe {
                waiting.insert(entry)
                return
            }
            guard let slot = files.insert(file) else {
                let limit = OpenFiles.limit
                let reason = "more than \(limit) files overlap in time; this one was left out"
                members[number].summary?.damage = CaptureError(input: paths[number], reason: reason)
                return
            }
            members[number].slot = slot
            if isFirstLook { waiting.insert(entry) }
        } catch {
            if isFirstLook {
                refusals.append(error)
            } else {
                members[number].summary?.damage = error
            }
        }
    }

    package mutating func advance() throws(CaptureError) -> Bool {
        while true {
            if current >= 0 {
                step()
            } else if waiting.isEmpty {
                return false
            } else {
                select()
            }
            if current >= 0, filter == nil || files[currentSlot].passesFilter() { return true }
        }
    }

    @inline(always)
    package mutating func advanceInPlace() -> CaptureStep {
        guard current >= 0 else { return .blocked }
        repeat {
            guard files[currentSlot].stepInPlace() else { return .blocked }
            let entry = MergeQueue.Entry(time: files[currentSlot].time, file: current)
            if horizon.precedes(entry) {
                // Nothing must be opened while frames wait.
                guard turn(at: entry) else { return .blocked }
            }
        } while filter != nil && !files[currentSlot].passesFilter()
        return .frame
    }

    /// Steps the current file, and turns to another one if it is earlier, or if this one is at its
    /// end.
    private mutating func step() {
        let last = files[currentSlot].framesRead
        var damage: CaptureError?
        var isThere = false
        do throws(CaptureError) { isThere = try files[currentSlot].step() } catch {
            damage = error
        }
        guard isThere else {
            close(damage)
            if !waiting.isEmpty { select() }
            return
        }
        let entry = MergeQueue.Entry(time: files[currentSlot].time, file: current)
        guard horizon.precedes(entry) else { return }
        leave(after: last)
        waiting.insert(entry)
        select()
    }

    /// Turns from the current file, which has been stepped by one, to the one whose frame is next.
    ///
    /// - Returns: `false` where that is not open yet; then none is current.
    @inline(never)
    private mutating func turn(at entry: MergeQueue.Entry) -> Bool {
        leave(after: files[currentSlot].framesRead &- 1)
        let next = waiting.first
        waiting.insert(entry)
        guard members[next.file].slot != nil else { return false }
        select()
        return true
    }

    /// Makes the file with the earliest frame the current one; none where it cannot be opened.
    private mutating func select() {
        let file = waiting.first.file
        waiting.removeFirst()
        if members[file].slot == nil { open(file, isFirstLook: false) }
        guard let slot = members[file].slot else { return }
        (current, currentSlot) = (file, slot)
        horizon = waiting.first
        let given = members[file].given
        // So that its frames are numbered on from the last one that was given.
        files[slot].framesBefore = framesGiven &- given
        origins.begin(at: framesGiven &+ 1, file: file, numberInFile: given &+ 1)
        let number = framesGiven &- given &+ files[slot].framesRead
        if members[file].numbers == nil { members[file].numbers = number...number }
    }

    /// Leaves the current file, of which the frame with the number `last` was given last.
    private mutating func leave(after last: UInt64) {
        framesGiven = files[currentSlot].framesBefore &+ last
        members[current].given = last
        if let first = members[current].numbers?.lowerBound, first <= framesGiven {
            members[current].numbers = first...framesGiven
        }
        current = -1
    }

    private mutating func close(_ damage: CaptureError?) {
        let file = current
        leave(after: files[currentSlot].framesRead)
        members[file].summary = files[currentSlot].summary(damage: damage)
        members[file].slot = nil
        octetsClosed &+= files[currentSlot].octetsRead
        files.remove(currentSlot)
    }

    @inline(always)
    package var frame: Frame {
        @_lifetime(borrow self)
        @inline(always)
        get {
            Frame(
                octets: files.octets(of: currentSlot),
                time: files[currentSlot].time,
                number: files[currentSlot].number,
                originalLength: files[currentSlot].originalLength,
                linkType: files[currentSlot].linkType
            )
        }
    }

    package var interface: CaptureInterface { files[currentSlot].interface }

    /// Frames read so far, those that the filter left out among them.
    package var framesRead: UInt64 {
        current < 0
            ? framesGiven : files[currentSlot].framesBefore &+ files[currentSlot].framesRead
    }

    /// Octets of the inputs that were read.
    package var octetsRead: UInt64 {
        octetsClosed &+ (current < 0 ? 0 : files[currentSlot].octetsRead)
    }

    /// What is to be said of the files that could be opened, the one that begins first first.
    ///
    /// The reading ends with it.
    package mutating func finish() -> [InputSummary] {
        if current >= 0 {
            let file = current
            leave(after: files[currentSlot].framesRead)
            members[file].summary = files[currentSlot].summary(damage: nil)
            members[file].slot = nil
        }
        for file in members.indices {
            guard let slot = members[file].slot else { continue }
            members[file].summary = files[slot].summary(damage: nil)
            // The frame that waits was not given.
            members[file].summary?.packets -= 1
            members[file].summary?.lastNumber -= 1
        }
        for file in members.indices {
            let numbers = members[file].numbers
            members[file].summary?.numbers = numbers
        }
        let order = members.indices.sorted { left, right in
            let begins = [left, right].map { members[$0].summary?.window?.lowerBound ?? .max }
            return (begins[0], left) < (begins[1], right)
        }
        let opened = order.filter { members[$0].summary != nil }
        origins.arrange(opened)
        return opened.compactMap { members[$0].summary }
    }
}
