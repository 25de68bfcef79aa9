/// What a capture says of the interface that a packet was captured on.
package struct CaptureInterface: Hashable, Sendable {
    /// `nil` where it is not known.
    package var name: String?
    /// libpcap's number for its link layer.
    package let dataLink: Int32
    /// In bytes, 0 for no limit.
    package let snapshotLength: Int
    /// Whether a time can be finer than a microsecond.
    package let hasNanoseconds: Bool

    package init(
        name: String?,
        dataLink: Int32,
        snapshotLength: Int,
        hasNanoseconds: Bool = true
    ) {
        self.name = name
        self.dataLink = dataLink
        self.snapshotLength = snapshotLength
        self.hasNanoseconds = hasNanoseconds
    }
}

/// A capture that knows the interface of its present frame.
package protocol DescribedSource: CaptureSource, ~Copyable {
    /// That of the present frame.
    var interface: CaptureInterface { get }
}
