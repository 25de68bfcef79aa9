/// An alert record that one end sent, or what has the form of an encrypted one.
package struct TLSAlert: BitwiseCopyable, Hashable, Sendable {
    package let packet: UInt64
    /// In nanoseconds since 1970.
    package let time: Int64
    /// The record's length without its header, in octets.
    package let length: UInt16
    /// 1 warning, 2 fatal; 0 where it is encrypted.
    package let level: UInt8
    /// By RFC 8446 §6; 0, which is close_notify, also where it is encrypted.
    package let code: UInt8
    /// Whether it is a record of application data in TLS 1.3 that has an alert's length.
    package let isPresumed: Bool

    /// Codes that as warnings end nothing: close_notify, no_certificate, user_canceled,
    /// no_renegotiation and unrecognized_name.
    private static let harmlessWarnings: Set<UInt8> = [0, 41, 90, 100, 112]

    package var isInTheClear: Bool { level == 1 || level == 2 }
    /// Whether it says what it is, and that ends the session for a fault.
    package var isFatal: Bool {
        level == 2 || level == 1 && !Self.harmlessWarnings.contains(code)
    }

    /// Whether it is a close_notify or a user_canceled, or encrypted, so that it may be one.
    package var mayClose: Bool { isInTheClear ? code == 0 || code == 90 : true }

    /// The name of the alert in RFC 8446 §6, without what is obsolete.
    package var name: String { isInTheClear ? Self.names[code] ?? "alert \(code)" : "alert" }

    private static let names: [UInt8: String] = [
        0: "close_notify", 10: "unexpected_message", 20: "bad_record_mac", 21: "decryption_failed",
        22: "record_overflow", 30: "decompression_failure", 40: "handshake_failure",
        41: "no_certificate", 42: "bad_certificate", 43: "unsupported_certificate",
        44: "certificate_revoked", 45: "certificate_expired", 46: "certificate_unknown",
        47: "illegal_parameter", 48: "unknown_ca", 49: "access_denied", 50: "decode_error",
        51: "decrypt_error", 70: "protocol_version", 71: "insufficient_security",
        80: "internal_error", 86: "inappropriate_fallback", 90: "user_canceled",
        100: "no_renegotiation", 109: "missing_extension", 110: "unsupported_extension",
        112: "unrecognized_name", 113: "bad_certificate_status_response",
        115: "unknown_psk_identity", 116: "certificate_required", 120: "no_application_protocol",
    ]
}
