/// The codes by which a Citrix NetScaler says in the window field of a RST why it sent it (Citrix:
/// "NetScaler reset codes", CTX200852).
enum NetScalerResetCode {
    private static let ranges: [ClosedRange<UInt16>] = [
        8196...8196, 8201...8214, 9100...9100, 9201...9222, 9300...9311, 9400...9401, 9450...9460,
        9600...9602, 9700...9704, 9800...9800, 9810...9890, 9900...9915, 9951...9973,
    ]

    private static let meanings: [UInt16: String] = [
        8196: "a bad SSL record",
        8201: "a packet of a connection that is closed already, or that no SYN cookie fits",
        8202: "data without a connection, its SYN cookie expired",
        8204: "a SYN sent again with another sequence number",
        8205: "the ACK of the handshake has a wrong number",
        8206: "a wrong packet in SYN-SENT, as when ports are used again",
        8207: "a SYN within the window of an established connection",
        8208: "too many retransmissions",
        8209: "out of memory",
        8211: "idle timeout",
        8212: "a stray packet: no service listens, or the SYN cookie does not fit",
        8214: "the MSS of the SYN exceeds that of the interface",
        9100: "a request that was never completed",
        9201: "the server answered what belongs to an earlier request",
        9203: "the server closed a connection that was in use again",
        9205: "a broken chunked encoding",
        9206: "an invalid HTTP header",
        9212: "an invalid HTTP request",
        9300: "idle timeout, or its service is down",
        9301: "idle timeout, or its service is down",
        9302: "idle timeout, or its service is down",
        9303: "idle timeout, or its service is down",
        9304: "the receiver's window stayed closed",
        9305: "the server acknowledged a SYN that was not sent",
        9310: "keep-alive probes had no answer",
        9400: "the connection could not be used again",
        9401: "the system's capacity is reached, or what it belonged to was removed",
        9700: "passes a RST on from the other side",
        9701: "passes a RST with ACK on from the other side",
        9702: "data came after the FIN",
        9800: "the end of a monitor's probe",
        9811: "follows a fatal TLS alert",
        9812: "its address was removed from the configuration",
        9814: "a policy says so",
        9816: "a bad SSL record",
        9817: "a certificate was changed",
        9830: "a rule of an access list denies it",
        9833: "a fatal SSL error",
        9838: "a bad SSL record",
        9845: "the application firewall says so",
        9855: "the surge queue is full",
        9952: "follows a fatal TLS alert of the other end",
    ]

    /// Whether a NetScaler uses it.
    static func isKnown(_ window: UInt16) -> Bool { ranges.contains { $0.contains(window) } }

    /// What it stands for, `nil` for the rarer ones.
    static func meaning(of window: UInt16) -> String? { meanings[window] }
}
