/// One TCP option of a scripted segment.
package enum ScriptOption: Hashable, Sendable {
    case maximumSegmentSize(UInt16)
    case windowScale(UInt8)
    case selectiveAcknowledgment
    /// With the values of the segment.
    case timestamps
    /// A cookie of so many octets; none asks for one (RFC 7413 §4.1.1).
    case fastOpen(Int)
    /// Octets as they are: for options that no sound stack sends.
    case octets([UInt8])

    func encoded(with timestamps: SegmentFields.Timestamps?) -> [UInt8] {
        var octets: [UInt8]
        switch self {
        case .maximumSegmentSize(let size):
            octets = [2, 4]
            octets.append(size)
        case .windowScale(let shift):
            octets = [3, 3, shift]
        case .selectiveAcknowledgment:
            octets = [4, 2]
        case .timestamps:
            octets = [8, 10]
            octets.append(timestamps?.value ?? 0)
            octets.append(timestamps?.echo ?? 0)
        case .fastOpen(let length):
            octets = [34, UInt8(2 + length)] + [UInt8](repeating: 0xC0, count: length)
        case .octets(let raw):
            octets = raw
        }
        return octets
    }
}

/// What a line of a script may have beside the usual.
extension ScriptStep {
    /// The same segment with exactly these options, in this order.
    package func options(_ options: ScriptOption...) -> ScriptStep { self.options(options) }

    /// The same segment with exactly these options, in this order.
    package func options(_ options: [ScriptOption]) -> ScriptStep {
        changed { $0.options = options }
    }

    /// The same segment with another timestamp value.
    package func timestamps(_ value: UInt32) -> ScriptStep { changed { $0.timestampValue = value } }

    /// The same segment with another timestamp echo.
    package func echoing(_ timestamp: UInt32) -> ScriptStep {
        changed { $0.timestampEcho = timestamp }
    }

    /// The same packet with another time to live.
    package func ttl(_ timeToLive: UInt8) -> ScriptStep { changed { $0.timeToLive = timeToLive } }

    /// The same segment with more flags.
    package func flags(_ flags: TCPFlags) -> ScriptStep { changed { $0.flags.formUnion(flags) } }

    /// The same segment with another window.
    package func window(_ window: UInt16) -> ScriptStep { changed { $0.window = window } }

    /// The same segment with this text in it.
    package func saying(_ text: String) -> ScriptStep {
        changed {
            $0.payload = Array(text.utf8)
            $0.length = text.utf8.count
        }
    }

    /// The same segment with another IPv4 identification.
    package func identification(_ number: UInt16) -> ScriptStep {
        changed { $0.identification = number }
    }

    /// The same segment from another network card.
    package func mac(_ lastOctet: UInt8) -> ScriptStep { changed { $0.mac = lastOctet } }

    /// The same packet, so long after the one before it.
    package func after(_ duration: Duration) -> ScriptStep {
        var copy = self
        copy.delay = pause(duration).delay
        return copy
    }

    /// The same segment of another connection: with other ports, or another host in a party's
    /// place.
    package func between(
        clientPort: UInt16? = nil,
        serverPort: UInt16? = nil,
        client: String? = nil,
        server: String? = nil
    ) -> ScriptStep {
        changed {
            $0.clientPort = clientPort
            $0.serverPort = serverPort
            $0.clientAddress = client.flatMap { Address($0) }
            $0.serverAddress = server.flatMap { Address($0) }
        }
    }

    /// The same segment, damaged on its way.
    package var damaged: ScriptStep { changed { $0.isDamaged = true } }

    private func changed(_ change: (inout ScriptSegment) -> Void) -> ScriptStep {
        guard case .segment(var segment) = content else { return self }
        change(&segment)
        var copy = self
        copy.content = .segment(segment)
        return copy
    }
}
