/// The TLS records of one direction of a connection, by their headers: a cursor that knows where in
/// the sequence space the next header begins, and so looks at nothing else (RFC 8446 §5.1, RFC 5246
/// §6.2).
///
/// Nothing is reassembled. Retransmissions lie before the cursor; a header that is split over two
/// segments waits in `carry`. A hole within a record does not matter, one over a header does: then
/// the stream is lost until a segment begins with a header again.
package struct RecordStream: BitwiseCopyable, Hashable, Sendable {
    /// What is known of the stream as a whole.
    package struct Marks: OptionSet, BitwiseCopyable, Hashable, Sendable {
        package let rawValue: UInt8

        package init(rawValue: UInt8) { self.rawValue = rawValue }

        /// Records were seen.
        package static let begun = Marks(rawValue: 1)
        /// Headers were missed: the capture has a hole, or cut packets short.
        package static let hasGap = Marks(rawValue: 2)
        /// It is not known where the next header is.
        static let lost = Marks(rawValue: 4)
        /// Part of a record's header waits in `carry`.
        static let inHeader = Marks(rawValue: 32)
        /// Nothing was read yet, and `cursor` says where it is to begin.
        static let isExpected = Marks(rawValue: 64)
        /// The segment that was read last is worth keeping: with a message of the handshake, an
        /// alert, or what follows.
        static let isMilestone = Marks(rawValue: 128)
        /// A ChangeCipherSpec went by: in TLS 1.2 handshake and alerts behind it are encrypted.
        package static let isEncrypted = Marks(rawValue: 8)
        /// What followed the last record is no record.
        package static let endsInPlaintext = Marks(rawValue: 16)
    }

    package internal(set) var marks: Marks = []
    /// How much of a header waits in `carry`, in octets.
    var carried: UInt8 = 0
    package internal(set) var lastType: TLSRecordType?
    /// The newest handshake message.
    package internal(set) var lastMessage: TLSMessage?
    package internal(set) var messages: TLSMessages = []
    /// The newest record's length without its header, in octets.
    package internal(set) var lastLength: UInt16 = 0
    /// The next octet of the stream that matters: a header, or its rest.
    var cursor = SequenceNumber(0)
    /// One past the last octet of the newest record.
    package internal(set) var recordEnd = SequenceNumber(0)
    /// Octets of a handshake message that lie in records to come.
    var messageLeft: UInt32 = 0
    var carry: UInt64 = 0
    /// Where the newest handshake message came.
    package internal(set) var messagePacket: UInt64 = 0
    package internal(set) var messageTime: Int64 = 0
    /// Of application data behind the handshake: records and octets, up to the greatest numbers.
    package internal(set) var dataRecords: UInt32 = 0
    package internal(set) var dataOctets: UInt32 = 0
    package internal(set) var firstDataTime: Int64 = 0
    /// Its first alert, but a presumed one only if no application data followed.
    package internal(set) var alert: TLSAlert?
    /// What the segment that was read last brought.
    var contents: TLSContents = []
    /// The packet with the first octets behind the last record that are none, and when it came.
    package internal(set) var plaintextPacket: UInt64 = 0
    package internal(set) var plaintextTime: Int64 = 0

    init() {}

    /// Whether records were missed, so that what was not seen may have been sent.
    package var hasGap: Bool { marks.contains(.hasGap) }

    /// Whether the stream ends within a record: `end` is one past the last octet sent.
    package func isTruncated(at end: SequenceNumber) -> Bool {
        marks.contains(.begun) && marks.isDisjoint(with: [.lost, .endsInPlaintext])
            && (carried > 0 || end.distance(to: recordEnd) > 0)
    }

    /// Whether the end has sent its Finished, as far as records show: in TLS 1.3 the server's lies
    /// in its encrypted flight, before the client's first encrypted record.
    func hasFinished(_ agreement: TLSAgreement) -> Bool {
        dataRecords > 0
            || messages.contains(agreement.isVersion13 ? .encryptedHandshake : .finished)
    }

    /// Whether a segment brings a header, or may.
    @inline(always)
    func awaits(_ segment: borrowing FlowSegment) -> Bool {
        !marks.contains(.begun)
            || cursor.distance(to: segment.sequence.advanced(by: segment.payloadLength)) > 0
                && !marks.contains(.endsInPlaintext)
    }

    /// Takes what the other end acknowledged for the number at which this stream begins.
    mutating func begin(at sequence: SequenceNumber) {
        marks.insert(.isExpected)
        cursor = sequence
    }

    mutating func lose() { marks.formUnion([.lost, .hasGap]) }
}
