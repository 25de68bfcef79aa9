import CPcap
import Glibc

/// Flat records in chunks that never move, numbered from 0: what the flow table and the tapes are
/// made of.
///
/// Sound although it holds pointers: a chunk is allocated once and freed with the store, records
/// are plain values, and an index is checked against the number of records written.
@safe
struct RecordStore<Record: BitwiseCopyable>: ~Copyable {
    /// So many records of any stride that is a multiple of 8 fill whole huge pages.
    private static var chunkShift: Int { 18 }
    private static var chunkLength: Int { 1 << chunkShift }
    private static var hugePage: Int { 1 << 21 }
    /// A store of more records than this asks for huge pages: a capture so large touches them all,
    /// and the kernel's clearing of small ones would take longer than all else.
    private static var smallCount: Int { 1 << 13 }

    /// The most chunks: record numbers have 32 bits.
    private static var mostChunks: Int { 1 << (32 - chunkShift) }

    /// The addresses of the chunks, in a table that never moves either: an array's would be counted
    /// and checked at each look.
    private let chunks: UnsafeMutablePointer<UnsafeMutablePointer<Record>>
    private var chunkCount = 0
    private let anchor = Anchor()
    private(set) var count = 0

    init() {
        unsafe chunks = .allocate(capacity: Self.mostChunks)
    }

    deinit {
        for chunk in 0..<chunkCount { unsafe free(chunks[chunk]) }
        unsafe chunks.deallocate()
    }

    subscript(index: Int) -> Record {
        @inline(always)
        _read {
            let slot = unsafe address(of: index)
            yield unsafe slot.pointee
        }
        @inline(always)
        _modify {
            let slot = unsafe address(of: index)
            yield unsafe &slot.pointee
        }
    }

    @inline(always)
    private func address(of index: Int) -> UnsafeMutablePointer<Record> {
        precondition(index >= 0 && index < count)
        return unsafe chunks[index >> Self.chunkShift] + (index & (Self.chunkLength - 1))
    }

    /// Asks for the record's cache lines, which will be needed soon; a number without a record does
    /// nothing.
    @inline(always)
    func prefetch(_ index: Int) {
        guard index >= 0, index < count else { return }
        let slot = unsafe UnsafeRawPointer(address(of: index))
        let stride = MemoryLayout<Record>.stride
        unsafe synopsis_prefetch(slot)
        if stride > 8 { unsafe synopsis_prefetch(slot + min(stride - 1, 64)) }
        if stride > 128 { unsafe synopsis_prefetch(slot + 128) }
    }

    /// - Returns: the new record's number, `nil` when there is no memory for it.
    mutating func append(_ record: Record) -> Int? {
        let index = count
        if index == chunkCount << Self.chunkShift, !grow() { return nil }
        if index == Self.smallCount { preferHugePages(of: 0) }
        let chunk = unsafe chunks[index >> Self.chunkShift]
        unsafe (chunk + (index & (Self.chunkLength - 1))).initialize(to: record)
        count += 1
        return index
    }

    @inline(never)
    private mutating func grow() -> Bool {
        guard chunkCount < Self.mostChunks else { return false }
        var memory: UnsafeMutableRawPointer?
        let size = Self.chunkLength * MemoryLayout<Record>.stride
        guard unsafe posix_memalign(&memory, Self.hugePage, size) == 0, let memory = unsafe memory
        else {
            return false
        }
        let chunk = unsafe memory.bindMemory(to: Record.self, capacity: Self.chunkLength)
        unsafe (chunks + chunkCount).initialize(to: chunk)
        chunkCount += 1
        if count > 0 { preferHugePages(of: chunkCount - 1) }
        return true
    }

    private func preferHugePages(of chunk: Int) {
        let size = Self.chunkLength * MemoryLayout<Record>.stride
        _ = unsafe madvise(chunks[chunk], size, MADV_HUGEPAGE)
    }
}
