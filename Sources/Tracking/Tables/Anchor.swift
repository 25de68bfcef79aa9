import Synchronization

/// Keeps whatever holds it at its address.
///
/// A structure of plain values that cannot be copied is passed by value all the same, and so is
/// copied by every call that is not inlined: 1.3 KB for a tracker. An atomic value has an address,
/// and what holds one is passed by that.
struct Anchor: ~Copyable, Sendable {
    private let byte = Atomic<UInt8>(0)
}
