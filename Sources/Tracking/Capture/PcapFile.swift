import CPcap

/// A capture file or pipe: pcap in all its forms, and pcapng.
package struct PcapFile: ~Copyable, DescribedSource {
    /// As the user named it; standard input is `-`.
    package let name: String
    package let format: CaptureFormat
    /// How the file is compressed, if it is.
    package let compression: Compression?
    /// The file's size in octets, `nil` for a pipe.
    package let size: UInt64?
    /// Packets read so far, those that the filter left out among them.
    package private(set) var packetsRead: UInt64 = 0
    /// The same, and the other records that Wireshark numbers.
    @inline(always)
    package var framesRead: UInt64 { packetsRead &+ pcapng.otherRecords }
    /// The earliest and the latest capture time of the frames read.
    package private(set) var earliest = Int64.max
    package private(set) var latest = Int64.min

    /// How many frames of other files come before those of this one.
    var framesBefore: UInt64
    private let isPcapng: Bool
    private var window: OctetWindow
    private var record: CapturedRecord
    private var pcap: PcapRecords
    private var pcapng: PcapngRecords
    private var filter: PacketFilter?

    /// Opens the file at `path`, or standard input for `-`.
    ///
    /// - Parameters:
    ///   - path: the file's name.
    ///   - framesBefore: how many frames came before it, where it continues another file.
    /// - Throws: when there is no such file, it is no capture, or its link type is unknown.
    package init(path: String, framesBefore: UInt64 = 0) throws(CaptureError) {
        let stream = try CaptureStream(path: path)
        let size = stream.size
        var window = OctetWindow(onto: stream)
        var record = CapturedRecord()
        var pcap = PcapRecords()
        var pcapng = PcapngRecords()
        let compression: Compression?
        do throws(RecordFault) {
            _ = try window.fetch(PcapRecords.fileHeaderLength)
            compression = Compression(magic: window.ahead(4))
            if let compression {
                try window.unpack(compression)
                _ = try window.fetch(PcapRecords.fileHeaderLength)
            }
        } catch {
            throw error.complaint(of: path, at: 0)
        }
        let beginning = window.ahead(PcapRecords.fileHeaderLength)
        let format = CaptureFormat(magic: Array(beginning.prefix(4)))
        try format.requireCapture(beginning, of: path)
        do throws(RecordFault) {
            if format == .pcapng {
                try pcapng.begin(in: &window)
            } else {
                pcap = try PcapRecords(beginning)
                window.position = PcapRecords.fileHeaderLength
                record.linkType = LinkType(dataLink: pcap.dataLink)
            }
        } catch {
            throw error.complaint(of: path, at: window.offset, in: "the file header")
        }
        guard format == .pcapng || record.linkType != .other else {
            throw CaptureError(input: path, reason: Self.complaint(aboutDataLink: pcap.dataLink))
        }
        name = path
        self.format = format
        self.compression = compression
        self.size = size
        self.framesBefore = framesBefore
        isPcapng = format == .pcapng
        self.window = window
        self.record = record
        self.pcap = pcap
        self.pcapng = pcapng
    }

    private static func complaint(aboutDataLink dataLink: Int32) -> String {
        let name = unsafe pcap_datalink_val_to_name(dataLink).map { unsafe String(cString: $0) }
        return """
            the link type \(dataLink)\(name.map { " (\($0))" } ?? "") is not supported; expected \
            Ethernet, Linux cooked, raw IP, BSD loopback, PPP, PPPoE, Cisco HDLC, Frame Relay, 802.11, PPI, PKTAP, \
            NFLOG, PFLOG, Juniper Ethernet, MPLS, FDDI, Token Ring, ATM or FireWire
            """
    }

    /// Those of its frames, or of its interfaces so far, without repetition.
    package var linkTypes: [LinkType] { isPcapng ? pcapng.linkTypes : [record.linkType] }

    /// In octets; that of the first interface, 0 for no limit.
    package var snapshotLength: Int { isPcapng ? pcapng.snapshotLength : pcap.snapshotLength }

    /// Whether any time stamp may be finer than a microsecond.
    package var hasNanoseconds: Bool { isPcapng ? pcapng.hasNanoseconds : pcap.hasNanoseconds }

    /// Octets of the input behind us, as it is stored; where a thread unpacks it ahead of us,
    /// behind that.
    package var octetsRead: UInt64 { window.storedOffset }

    /// Packets of which the input does not say when they were captured.
    package var packetsWithoutTime: UInt64 { pcapng.packetsWithoutTime }

    /// Packets that were dropped while the input was captured, as far as it says so.
    package var drops: UInt64 { pcapng.drops }

    package var interface: CaptureInterface {
        if isPcapng { return pcapng.description }
        return CaptureInterface(
            name: nil,
            dataLink: pcap.dataLink,
            snapshotLength: pcap.snapshotLength,
            hasNanoseconds: pcap.hasNanoseconds
        )
    }

    /// libpcap's number for the link layer of the present frame.
    var dataLink: Int32 { isPcapng ? pcapng.dataLink : pcap.dataLink }

    /// From now on steps over frames that `expression` does not match (pcap-filter(7)).
    ///
    /// - Throws: libpcap's word on what is wrong with the expression.
    package mutating func keep(only expression: String) throws(CaptureError) {
        // Where nothing is known of the link layer yet, what makes sense for Ethernet is sound.
        let isKnown = LinkType(dataLink: dataLink) != .other
        filter = try PacketFilter(
            expression,
            dataLink: isKnown ? dataLink : 1,
            snapshotLength: snapshotLength == 0 ? CapturedRecord.longestFrame : snapshotLength,
            of: name
        )
    }

    @inline(never)
    package mutating func advance() throws(CaptureError) -> Bool {
        repeat {
            guard try step() else { return false }
        } while !passesFilter()
        return true
    }

    @inline(always)
    package mutating func advanceInPlace() -> CaptureStep {
        repeat {
            guard stepInPlace() else { return .blocked }
        } while filter != nil && !passesFilter()
        return .frame
    }

    /// Puts the next frames into a batch, whatever the filter says, for as long as they are ahead
    /// as a whole; their times are noted by the caller.
    ///
    /// - Returns: how many.
    @inline(always)
    mutating func walk(into batch: inout Batch, upTo limit: Int) -> Int {
        let before = batch.count
        let (ahead, number) = (window.ahead, number)
        window.step(
            to: isPcapng
                ? batch.take(ahead, with: &pcapng, upTo: limit, after: number, of: linkType)
                : batch.take(ahead, with: &pcap, upTo: limit, after: number, of: linkType)
        )
        packetsRead &+= UInt64(batch.count &- before)
        return batch.count &- before
    }

    /// From now on parts of the file may be read by others, if it is one, and not compressed.
    mutating func share() -> SharedInput? { window.share() }

    /// Goes on in another block of memory, which may hold a part of the file, and leaves the one so
    /// far, in which all frames stay where they are.
    mutating func exchange(_ block: inout OctetBlock, holding part: (offset: UInt64, count: Int)) {
        window.exchange(&block, holding: part)
    }

    /// Steps to the next frame with all care that `advance()` takes, but only if the frames before
    /// it stay where they are.
    @inline(never)
    mutating func advanceCarefully() throws(CaptureError) -> CaptureStep {
        repeat {
            window.isPinned = true
            defer { window.isPinned = false }
            do throws(RecordFault) {
                guard try stepWhole() else { return .blocked }
            } catch {
                if case .pinned = error { return .blocked }
                throw complaint(error)
            }
        } while !passesFilter()
        return .frame
    }

    /// Steps to the next frame, whatever the filter says, if the window holds it whole.
    @inline(always)
    mutating func stepInPlace() -> Bool {
        let isThere =
            isPcapng
            ? window.advance(with: &pcapng, to: &record)
            : window.advance(with: &pcap, to: &record)
        if isThere { countFrame() }
        return isThere
    }

    /// Steps to the next frame, whatever the filter says.
    @inline(never)
    mutating func step() throws(CaptureError) -> Bool {
        do throws(RecordFault) {
            return try stepWhole()
        } catch {
            throw complaint(error)
        }
    }

    private mutating func stepWhole() throws(RecordFault) -> Bool {
        let isThere =
            isPcapng
            ? try pcapng.advance(in: &window, to: &record)
            : try pcap.advance(in: &window, to: &record)
        if isThere { countFrame() }
        return isThere
    }

    private func complaint(_ fault: RecordFault) -> CaptureError {
        let remark = compression == nil ? "" : " (counted in what was unpacked)"
        let record = "the record of packet \(framesRead &+ 1)\(remark)"
        return fault.complaint(of: name, at: window.offset, in: record)
    }

    @inline(always)
    private mutating func countFrame() {
        packetsRead &+= 1
        note(record.time...record.time)
    }

    /// Takes down between which times frames were captured.
    @inline(always)
    mutating func note(_ times: ClosedRange<Int64>) {
        if times.upperBound > latest { latest = times.upperBound }
        if times.lowerBound < earliest { earliest = times.lowerBound }
    }

    /// When the present frame was captured, in nanoseconds since 1970.
    @inline(always) var time: Int64 { record.time }

    var isFiltered: Bool { filter != nil }

    /// Whether the filter lets the present frame through.
    @inline(never)
    mutating func passesFilter() -> Bool {
        guard var filter = filter.take() else { return true }
        let octets = window[record.start, record.count]
        let (length, dataLink) = (record.originalLength, dataLink)
        let matches = filter.matches(octets, originalLength: length, dataLink: dataLink)
        self.filter = .some(filter)
        return matches
    }

    /// What was captured of the present frame, for who keeps the file where the compiler cannot
    /// follow.
    @inline(always)
    var memory: UnsafeRawBufferPointer { unsafe window.memory(record.start, record.count) }

    @inline(always) var number: UInt64 { framesBefore &+ framesRead }
    @inline(always) var originalLength: UInt32 { record.originalLength }
    @inline(always) var linkType: LinkType { record.linkType }

    package var frame: Frame {
        @_lifetime(borrow self)
        @inline(always)
        get {
            Frame(
                octets: window[record.start, record.count],
                time: record.time,
                number: framesBefore &+ framesRead,
                originalLength: record.originalLength,
                linkType: record.linkType
            )
        }
    }
}
