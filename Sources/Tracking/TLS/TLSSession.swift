/// A TLS session as it can be known without keys: the records of both directions, and what the
/// hellos said.
package struct TLSSession: BitwiseCopyable, Hashable, Sendable {
    package internal(set) var low = RecordStream()
    package internal(set) var high = RecordStream()
    private var agreement = TLSAgreement()
    /// Whether it was taken down that the client asked for something.
    var isUseNoted = false
    /// Whether it was taken down that the server answered.
    var isServiceNoted = false
    /// The segment that brought the ClientHello, or its beginning.
    package internal(set) var hello = SegmentFacts()
    /// Names by their numbers; 0 for none.
    var serverName: UInt32 = 0
    var applicationProtocol: UInt32 = 0

    package subscript(side: Side) -> RecordStream {
        @inline(always) get { side == .low ? low : high }
    }

    /// What both agreed on: 0x0301 to 0x0304; 0 before the ServerHello.
    package var version: UInt16 { agreement.version }
    package var cipherSuite: UInt16 { agreement.cipherSuite }
    /// Who sent the ClientHello, or is taken for its sender.
    package var client: Side { agreement.client }

    /// Reads the headers that a segment brings.
    ///
    /// - Returns: `false` for a segment behind a hole over a header: it is to be read when the hole
    ///   is filled.
    mutating func read(_ octets: RawSpan, from source: Source) -> Bool {
        if source.side == .low { return Self.read(octets, from: source, &low, high, &agreement) }
        return Self.read(octets, from: source, &high, low, &agreement)
    }

    @inline(always)
    private static func read(
        _ octets: RawSpan,
        from source: Source,
        _ stream: inout RecordStream,
        _ other: borrowing RecordStream,
        _ agreement: inout TLSAgreement
    ) -> Bool {
        var context = TLSContext(agreement, beside: other)
        let isRead = stream.read(octets, from: source, in: &context)
        agreement = context.agreement
        return isRead
    }

    /// Whether the segment of an end that was read last is worth keeping.
    func isMilestone(_ side: Side) -> Bool {
        side == .low ? low.marks.contains(.isMilestone) : high.marks.contains(.isMilestone)
    }

    /// Takes what the other end of a stream acknowledged for the number at which it begins.
    mutating func begin(_ side: Side, at sequence: SequenceNumber) {
        if side == .low { low.begin(at: sequence) } else { high.begin(at: sequence) }
    }

    /// Takes a stream for lost until a segment of it begins with a header.
    mutating func lose(_ side: Side) {
        if side == .low { low.lose() } else { high.lose() }
    }

    package var isVersion13: Bool { agreement.isVersion13 }

    /// `TLS 1.2`; `TLS` as long as nothing was agreed upon.
    package var versionName: String {
        switch version {
        case 0x0300: "SSL 3.0"
        case 0x0301...0x0304: "TLS 1.\(version & 0xFF - 1)"
        default: "TLS"
        }
    }

    /// Services that speak TLS from the first byte, by assignment (IANA).
    package static let ports: Set<UInt16> = [
        443, 465, 563, 636, 853, 989, 990, 993, 995, 5061, 8443,
    ]

    /// Services that end TLS by design, and go on in the clear on the same connection: NetBackup's.
    package static let handBackPorts: Set<UInt16> = [1556, 13_724]

    /// Services at which the server speaks first, in TLS from the first byte (RFC 8314 §3): mail,
    /// news and FTP.
    private static let greetingPorts: Set<UInt16> = [465, 563, 990, 992, 993, 994, 995]

    /// A client that does not like a certificate leaves within this time, in nanoseconds.
    ///
    /// The shorter is for one that compares names once the handshake is complete: people take
    /// longer to close what they looked at.
    private static let reactionToCertificate: Int64 = 500_000_000
    private static let reactionToFinished: Int64 = 100_000_000

    /// Whether the client asked for something.
    var isUsed: Bool { self[client].dataRecords > 0 }

    /// Whether the server answered that.
    var isServed: Bool { isUsed && self[client.other].dataRecords > 0 }

    /// Whether the client left as soon as it had a certificate of the server's, and had asked for
    /// nothing.
    ///
    /// - Parameters:
    ///   - port: the server's.
    ///   - closer: who sent the first FIN or the RST.
    ///   - time: when, in nanoseconds since 1970.
    /// - Returns: `false` also where an alert of the client says more, where both had agreed to
    ///   close, or where records were missed.
    package func isLeftUnused(port: UInt16, closedBy closer: Side, at time: Int64) -> Bool {
        let (own, other) = (self[client], self[client.other])
        guard closer == client, own.dataRecords == 0, !own.hasGap, !other.hasGap,
            hasOfferedCertificate, own.lastType != .heartbeat, other.lastType != .heartbeat
        else { return false }
        // What the server said first was what the client came for.
        let isGreeted = other.dataRecords > 0 && other.firstDataTime <= time
        if isGreeted, !isVersion13 || Self.greetingPorts.contains(port) { return false }
        // Who waits for the other end's close_notify has nothing against it.
        if let theirs = other.alert, theirs.time <= time { return false }
        guard let alert = own.alert else { return isPrompt(time) }
        return isComplete && alert.mayClose && isPrompt(alert.time)
    }

    private func isPrompt(_ time: Int64) -> Bool {
        let last = max(self[client].messageTime, self[client.other].messageTime)
        let limit = hasFinished(client) ? Self.reactionToFinished : Self.reactionToCertificate
        return (0...limit).contains(time - last)
    }

    /// Whether the server has shown all of a certificate: a session that is taken up again needs
    /// none (RFC 8446 §2.2, RFC 5246 §7.3).
    private var hasOfferedCertificate: Bool {
        let messages = self[client.other].messages
        if isVersion13 { return !agreement.isResumed && messages.contains(.encryptedHandshake) }
        return messages.contains(.certificate) && messages.contains(.serverHelloDone)
    }

    /// Whether both ends have finished the handshake: each sent its Finished, or application data
    /// behind it.
    package var isComplete: Bool { hasFinished(client) && hasFinished(client.other) }

    /// Whether an end has sent its Finished, as far as records show: in TLS 1.3 the server's lies
    /// in its encrypted flight, before the client's first encrypted record.
    package func hasFinished(_ side: Side) -> Bool {
        self[side].hasFinished(agreement)
    }

    static let headerLength = 5
    /// A record's payload is no longer, with what encryption adds (RFC 5246 §6.2.3).
    private static let longestRecord: UInt16 = 16_384 + 2048

    /// Where a segment came from.
    struct Source {
        let side: Side
        let sequence: SequenceNumber
        let packet: UInt64
        let time: Int64
        /// What the segment claims to carry, in octets, of which less may have been captured.
        let length: UInt32
    }

    /// Whether octets begin with a header of a record of a known type and version, of possible
    /// length.
    static func isHeader(_ octets: RawSpan, at offset: Int = 0) -> Bool {
        guard octets.byteCount >= offset + headerLength else { return false }
        return isHeader(
            type: octets.octet(at: offset),
            version: octets.bigEndian(at: offset + 1),
            length: octets.bigEndian(at: offset + 3)
        )
    }

    static func isHeader(type: UInt8, version: UInt16, length: UInt16) -> Bool {
        TLSRecordType(rawValue: type) != nil && (0x0300...0x0304).contains(version)
            && length > 0 && length <= longestRecord
    }

    /// Whether a connection that was none so far becomes a TLS session here: by a ClientHello, or
    /// by any message of the server's where the capture began later.
    static func begins(with octets: RawSpan) -> Bool {
        guard isHeader(octets), octets.octet(at: 0) == TLSRecordType.handshake.rawValue,
            octets.byteCount > headerLength + 1
        else { return false }
        // No message is so long that more than one bit of its length's highest octet is set.
        guard octets.octet(at: headerLength + 1) <= 1 else { return false }
        return [1, 2, 11, 12, 14, 16].contains(octets.octet(at: headerLength))
    }
}

/// What both ends of a TLS session agreed on, and who began it.
struct TLSAgreement: BitwiseCopyable, Hashable, Sendable {
    private static let version13: UInt16 = 0x0304

    /// 0x0301 to 0x0304; 0 before the ServerHello.
    var version: UInt16 = 0
    var cipherSuite: UInt16 = 0
    var client: Side = .low
    /// Whether the server took up a former session (RFC 8446 §2.2).
    var isResumed = false

    var isVersion13: Bool { version == Self.version13 }

    /// The lengths of an encrypted alert in a record of application data (RFC 8446 §5.2): one octet
    /// of type, two of alert, and the tag of 16 octets, or 8 with CCM_8.
    var presumedAlertLength: UInt16 { cipherSuite == 0x1305 ? 11 : 19 }

    /// What encryption adds to a message in a record of TLS 1.3: an octet of type and the tag.
    private var overhead: UInt16 { presumedAlertLength - 2 }

    /// The length of a record of TLS 1.3 with a Finished alone: the hash of SHA-384 with the suite
    /// 0x1302, of SHA-256 with the others (RFC 8446 §4.4.4, §B.4).
    var finishedLength: UInt16 { 4 + (cipherSuite == 0x1302 ? 48 : 32) + overhead }

    /// Whether a client's first encrypted record has the length of a Certificate without any, alone
    /// or with the Finished.
    func isEmptyCertificate(_ length: UInt16) -> Bool {
        isVersion13 && (length == 8 + overhead || length == 8 + finishedLength)
    }
}

/// What one stream has to know of its session while it is read.
struct TLSContext {
    var agreement: TLSAgreement
    let otherHasGap: Bool
    let otherHasFinished: Bool
    let otherMessages: TLSMessages

    init(_ agreement: TLSAgreement, beside other: borrowing RecordStream) {
        self.agreement = agreement
        otherHasGap = other.hasGap
        otherHasFinished = other.hasFinished(agreement)
        otherMessages = other.messages
    }
}
