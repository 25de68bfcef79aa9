/// A TLS session as it can be known without keys: the records of both directions, and what the hellos said.
package struct TLSSession: BitwiseCopyable, Hashable, Sendable {
    package internal(set) var low = RecordStream()
    package internal(set) var high = RecordStream()
    /// What both agreed on: 0x0301 to 0x0304; 0 before the ServerHello.
    package internal(set) var version: UInt16 = 0
    package internal(set) var cipherSuite: UInt16 = 0
    /// Who sent the ClientHello, or is taken for its sender.
    package internal(set) var client: Side = .low
    /// The segment that brought the ClientHello, or its beginning.
    var hello = Glimpse()
    /// Names by their numbers; 0 for none.
    var serverName: UInt32 = 0
    var applicationProtocol: UInt32 = 0

    package internal(set) subscript(side: Side) -> RecordStream {
        @inline(always) get { side == .low ? low : high }
        @inline(always)
        _modify {
            if side == .low { yield &low } else { yield &high }
        }
    }

    package static let version13: UInt16 = 0x0304

    package var isVersion13: Bool { version == Self.version13 }

    /// `TLS 1.2`; `TLS` as long as nothing was agreed upon.
    package var versionName: String {
        switch version {
        case 0x0300: "SSL 3.0"
        case 0x0301...0x0304: "TLS 1.\(version & 0xFF - 1)"
        default: "TLS"
        }
    }

    /// Whether both ends have finished the handshake: each sent its Finished, or application data behind it.
    package var isComplete: Bool { hasFinished(client) && hasFinished(client.other) }

    /// Whether an end has sent its Finished, as far as records show: in TLS 1.3 the server's lies in its encrypted
    /// flight, before the client's first encrypted record.
    package func hasFinished(_ side: Side) -> Bool {
        let stream = self[side]
        if stream.dataRecords > 0 { return true }
        return stream.messages.contains(isVersion13 ? .encryptedHandshake : .finished)
    }

    /// The lengths of an encrypted alert in a record of application data (RFC 8446 §5.2): one octet of type, two
    /// of alert, and the tag of 16 octets, or 8 with CCM_8.
    var presumedAlertLength: UInt16 { cipherSuite == 0x1305 ? 11 : 19 }
}
