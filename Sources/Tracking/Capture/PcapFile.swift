import CPcap

/// A capture file or pipe: pcap in either byte order and precision, and pcapng.
package struct PcapFile: ~Copyable, CaptureSource {
    /// As the user named it; standard input is `-`.
    package let name: String
    package let format: CaptureFormat
    package let linkType: LinkType
    package let snapshotLength: Int
    /// The file's size in octets, `nil` for a pipe.
    package let size: UInt64?
    /// Frames read so far, those that the filter left out among them.
    package private(set) var framesRead: UInt64 = 0
    /// Octets of the input behind us; an estimate for pcapng.
    package private(set) var octetsRead: UInt64 = 24
    /// Whether any time stamp was finer than a microsecond.
    package private(set) var hasNanoseconds: Bool
    /// The earliest and the latest capture time of the frames read.
    package private(set) var earliest = Int64.max
    package private(set) var latest = Int64.min

    private let framesBefore: UInt64
    private var records: PcapRecords
    /// In use instead of `records` where these do not understand the form.
    private var rareRecords: LibpcapRecords
    private let isRare: Bool
    private var filter: PacketFilter?
    private let dataLink: Int32
    private let rareHeaderLength: UInt64

    /// What pcapng adds to the octets of a packet: an enhanced packet block without options.
    private static let usualBlockOverhead: UInt64 = 32

    /// Opens the file at `path`, or standard input for `-`.
    ///
    /// - Parameters:
    ///   - path: the file's name.
    ///   - framesBefore: how many frames came before it, where it continues another file.
    /// - Throws: when there is no such file, it is no capture, or its link type is unknown.
    package init(path: String, framesBefore: UInt64 = 0) throws(CaptureError) {
        let stream = try CaptureStream(path: path)
        try stream.requireCapture()
        let header = PcapRecords.Header(stream.beginning, format: stream.format)
        let rare = try header == nil ? LibpcapRecords(of: stream) : LibpcapRecords()
        let dataLink = header?.dataLink ?? rare.dataLink
        guard LinkType(dataLink: dataLink) != .other else {
            throw CaptureError(input: path, reason: Self.complaint(aboutDataLink: dataLink))
        }
        self.init(stream, header, rare, framesBefore)
    }

    private init(
        _ stream: consuming CaptureStream,
        _ header: PcapRecords.Header?,
        _ rare: consuming LibpcapRecords,
        _ framesBefore: UInt64
    ) {
        self.framesBefore = framesBefore
        name = stream.name
        format = stream.format
        size = stream.size
        if case .pcap(let nanoseconds, let length) = format {
            hasNanoseconds = nanoseconds
            rareHeaderLength = length
        } else {
            hasNanoseconds = false
            rareHeaderLength = Self.usualBlockOverhead
        }
        isRare = header == nil
        dataLink = header?.dataLink ?? rare.dataLink
        linkType = LinkType(dataLink: dataLink)
        snapshotLength = header?.snapshotLength ?? rare.snapshotLength
        records = PcapRecords(of: stream, header: header ?? PcapRecords.Header())
        rareRecords = rare
    }

    private static func complaint(aboutDataLink dataLink: Int32) -> String {
        let name = unsafe pcap_datalink_val_to_name(dataLink).map { unsafe String(cString: $0) }
        return """
            the link type \(dataLink)\(name.map { " (\($0))" } ?? "") is not known here; expected \
            Ethernet, Linux cooked, raw IP or BSD loopback
            """
    }

    /// From now on steps over frames that `expression` does not match (pcap-filter(7)).
    ///
    /// - Throws: libpcap's word on what is wrong with the expression.
    package mutating func keep(only expression: String) throws(CaptureError) {
        filter = try PacketFilter(
            expression,
            dataLink: dataLink,
            snapshotLength: snapshotLength,
            of: name
        )
    }

    @inline(never)
    package mutating func advance() throws(CaptureError) -> Bool {
        repeat {
            guard try isRare ? stepRarely() : step() else { return false }
            framesRead &+= 1
        } while !passesFilter
        return true
    }

    @inline(always)
    package mutating func advanceInPlace() -> CaptureStep {
        repeat {
            // The other records are never in place.
            guard records.advanceInPlace() else { return .blocked }
            note(records.time)
            octetsRead &+= UInt64(records.recordLength)
            framesRead &+= 1
        } while !passesFilter
        return .frame
    }

    @inline(always)
    package var place: Int { isRare ? -1 : records.place }

    package subscript(place: Int) -> RawSpan {
        @_lifetime(borrow self)
        @inline(always)
        get { place < 0 ? rareRecords.octets : records[place] }
    }

    private mutating func step() throws(CaptureError) -> Bool {
        do throws(PcapRecords.Fault) {
            guard try records.advance() else { return false }
        } catch {
            throw damage(error.description)
        }
        note(records.time)
        octetsRead &+= UInt64(records.recordLength)
        return true
    }

    @inline(never)
    private mutating func stepRarely() throws(CaptureError) -> Bool {
        guard let isThere = rareRecords.advance() else { throw damage(rareRecords.fault) }
        guard isThere else { return false }
        note(rareRecords.time)
        octetsRead &+= rareHeaderLength &+ UInt64(rareRecords.octets.byteCount)
        if !hasNanoseconds { hasNanoseconds = rareRecords.time % 1000 != 0 }
        return true
    }

    @inline(always)
    private mutating func note(_ time: Int64) {
        if time > latest { latest = time }
        if time < earliest { earliest = time }
    }

    @inline(always)
    private var passesFilter: Bool {
        if filter == nil { return true }
        let frame = self.frame
        return filter?.matches(frame.octets, originalLength: frame.originalLength) ?? true
    }

    package var frame: Frame {
        @_lifetime(borrow self)
        @inline(always)
        get {
            Frame(
                octets: isRare ? rareRecords.octets : records.octets,
                time: isRare ? rareRecords.time : records.time,
                number: framesBefore &+ framesRead,
                originalLength: isRare ? rareRecords.originalLength : records.originalLength,
                linkType: linkType
            )
        }
    }

    private func damage(_ reason: String) -> CaptureError {
        CaptureError(
            input: name,
            offset: format == .pcapng ? nil : octetsRead,
            reason: "the record of packet \(framesRead + 1) cannot be read: \(reason)"
        )
    }
}
