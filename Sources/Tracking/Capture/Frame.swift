/// One captured frame, lent by its source: it lives until the source steps on.
package struct Frame: ~Escapable {
    /// What was captured of it, from the link layer up.
    package let octets: RawSpan
    /// When it was captured, in nanoseconds since 1970.
    package let time: Int64
    /// Its number in the input, from 1; a filter does not renumber.
    package let number: UInt64
    /// Its length on the wire, in octets, however much of it was captured.
    package let originalLength: UInt32
    package let linkType: LinkType

    @inline(always)
    @_lifetime(copy octets)
    package init(
        octets: RawSpan,
        time: Int64,
        number: UInt64,
        originalLength: UInt32,
        linkType: LinkType
    ) {
        self.octets = octets
        self.time = time
        self.number = number
        self.originalLength = originalLength
        self.linkType = linkType
    }
}
