import Tracking

/// The most recent packets, in a buffer whose size never changes: each new one takes the place of
/// the oldest.
///
/// A packet is copied once, and nothing is allocated for it.
///
/// Sound although it holds a pointer: the buffer lives as long as the ring, a record is written
/// whole before `end` admits it, and one that is overwritten has left `begin...end` before.
@safe
package struct PacketRing: ~Copyable {
    /// What stands before the octets of each packet.
    struct Record: BitwiseCopyable {
        /// In nanoseconds since 1970.
        var time: Int64
        /// Its number in the capture, from 1; 0 for the gap at the end of the buffer.
        var number: UInt64
        /// Captured octets, which follow.
        var length: UInt32
        var originalLength: UInt32
        /// The number of its interface in the table that the slices are given.
        var interface: UInt32
        var linkType: LinkType
    }

    private static var stride: Int { MemoryLayout<Record>.stride }

    private let octets: UnsafeMutableRawPointer
    private let capacity: Int
    /// How long a packet is kept, in nanoseconds.
    private let span: Int64
    /// Octets that were written since the begin, and those of them that are no longer there; a
    /// record never lies across the end of the buffer.
    private var end = 0
    private var begin = 0
    /// Packets in the ring.
    package private(set) var count = 0
    /// Packets that were too large for the whole ring.
    package private(set) var refused: UInt64 = 0

    /// Asks for the memory.
    ///
    /// - Parameters:
    ///   - capacity: in octets, some 40 of them for each packet beside its own.
    ///   - span: how long a packet is kept, in nanoseconds; `nil` for as long as there is room.
    package init(capacity: Int, span: Int64? = nil) {
        // The places of records are multiples of 8, so that their numbers are aligned.
        self.capacity = max(1 << 12, min(capacity, 1 << 40)) & ~7
        self.span = span ?? .max
        unsafe octets = .allocate(byteCount: self.capacity, alignment: 64)
    }

    deinit { unsafe octets.deallocate() }

    /// Octets that are taken by packets.
    package var used: Int { end - begin }

    /// Takes a packet, for which the oldest make room.
    ///
    /// - Parameters:
    ///   - frame: the packet.
    ///   - interface: the number of its interface in the table of interfaces.
    package mutating func append(_ frame: borrowing Frame, interface: UInt32) {
        let length = frame.octets.byteCount
        let size = (Self.stride + length + 7) & ~7
        guard size <= capacity / 2 else {
            refused &+= 1
            return
        }
        let left = capacity - end % capacity
        if size > left { skip(left) }
        makeRoom(for: size)
        let record = Record(
            time: frame.time,
            number: frame.number,
            length: UInt32(truncatingIfNeeded: length),
            originalLength: frame.originalLength,
            interface: interface,
            linkType: frame.linkType
        )
        let target = unsafe octets + end % capacity
        unsafe target.storeBytes(of: record, as: Record.self)
        unsafe frame.octets.withUnsafeBytes { captured in
            guard let source = captured.baseAddress else { return }
            unsafe (target + Self.stride).copyMemory(from: source, byteCount: captured.count)
        }
        end += size
        count += 1
        forget(before: frame.time.subtractingReportingOverflow(span))
    }

    /// Leaves the rest of the buffer empty, so that the next record begins at its start.
    private mutating func skip(_ left: Int) {
        makeRoom(for: left)
        if left >= Self.stride {
            let gap = Record(
                time: 0,
                number: 0,
                length: UInt32(clamping: left - Self.stride),
                originalLength: 0,
                interface: 0,
                linkType: .other
            )
            unsafe (octets + end % capacity).storeBytes(of: gap, as: Record.self)
        }
        end += left
    }

    private mutating func makeRoom(for size: Int) {
        while end + size - begin > capacity, begin < end { dropOldest() }
    }

    private mutating func forget(before limit: (partialValue: Int64, overflow: Bool)) {
        if limit.overflow { return }
        while let (record, _) = record(at: begin),
            record.number == 0 || record.time < limit.partialValue
        {
            dropOldest()
        }
    }

    private mutating func dropOldest() {
        guard let (record, next) = record(at: begin) else {
            begin = end
            return
        }
        if record.number != 0 { count -= 1 }
        begin = next
    }

    /// The record at a place, and the place of the next one; `nil` at the end.
    private func record(at offset: Int) -> (record: Record, next: Int)? {
        guard offset >= begin, offset < end else { return nil }
        let left = capacity - offset % capacity
        // Too little room for a gap that says so.
        if left < Self.stride { return (Self.smallGap, offset + left) }
        let record = unsafe (octets + offset % capacity).load(as: Record.self)
        if record.number == 0 { return (record, offset + left) }
        return (record, offset + (Self.stride + Int(record.length) + 7) & ~7)
    }

    private static var smallGap: Record {
        Record(time: 0, number: 0, length: 0, originalLength: 0, interface: 0, linkType: .other)
    }
}

extension PacketRing {
    /// A position in the ring: packets are visited from the oldest on.
    struct Cursor {
        fileprivate var offset = 0
    }

    /// Steps to the next packet behind an offset.
    ///
    /// - Returns: `nil` behind the newest.
    func next(after cursor: inout Cursor) -> Record? {
        var offset = max(cursor.offset, begin)
        while let (record, next) = record(at: offset) {
            cursor.offset = next
            if record.number != 0 { return record }
            offset = next
        }
        return nil
    }

    /// The packet that the last step led to.
    @_lifetime(borrow self)
    func frame(_ record: Record, before cursor: Cursor) -> Frame {
        let size = (Self.stride + Int(record.length) + 7) & ~7
        let start = (cursor.offset - size) % capacity + Self.stride
        let captured = unsafe UnsafeRawBufferPointer(
            start: octets + start,
            count: Int(record.length)
        )
        return Frame(
            octets: unsafe _overrideLifetime(captured.bytes, borrowing: self),
            time: record.time,
            number: record.number,
            originalLength: record.originalLength,
            linkType: record.linkType
        )
    }
}
