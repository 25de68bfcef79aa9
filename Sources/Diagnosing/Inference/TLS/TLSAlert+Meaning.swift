import Tracking

extension TLSAlert {
    /// What an alert in the clear says, in a sentence (RFC 8446 §6.2, RFC 5246 §7.2.2).
    var meaning: String? { Self.meanings[code]?.meaning }

    /// What usually is behind it.
    var causes: [String] { Self.meanings[code]?.causes ?? ["refused"] }

    private static let meanings: [UInt8: (meaning: String, causes: [String])] = [
        0: ("It closes the session before the handshake is complete.", ["cancelled"]),
        10: ("It received a message that it did not expect.", ["protocol-mismatch"]),
        20: ("A record failed authentication.", ["corruption", "key-mismatch"]),
        22: ("A record was longer than allowed.", ["protocol-mismatch"]),
        40: (
            "There is no common version, cipher suite, group or signature algorithm, or it requires something that the other end did not offer.",
            ["no-common-parameters", "client-certificate-wanted"]
        ),
        42: (
            "The other end's certificate is malformed or its signature is wrong.",
            ["bad-certificate"]
        ),
        43: (
            "It does not support the type of the other end's certificate.", ["bad-certificate"]
        ),
        44: ("The other end's certificate was revoked.", ["certificate-revoked"]),
        45: (
            "The other end's certificate has expired, or a clock is wrong.", ["certificate-expired"]
        ),
        46: ("It did not accept the other end's certificate.", ["bad-certificate"]),
        47: ("A field of the handshake had an impossible value.", ["protocol-mismatch"]),
        48: (
            "It does not trust the CA that signed the other end's certificate: the root is not in its store, or an intermediate certificate was not sent.",
            ["untrusted-authority", "intermediate-certificate-missing"]
        ),
        49: ("It accepts the other end's certificate but denies access.", ["access-denied"]),
        50: ("It could not decode a message.", ["protocol-mismatch"]),
        51: ("A signature or a Finished message could not be verified.", ["key-mismatch"]),
        70: ("It supports none of the versions that the other end offers.", ["no-common-version"]),
        71: ("What the other end offers is too weak for it.", ["no-common-parameters"]),
        80: ("It failed for an internal reason, which its log names.", ["internal-error"]),
        86: ("The client fell back to an older version without need.", ["no-common-version"]),
        109: ("An extension that it needs is missing.", ["no-common-parameters"]),
        110: ("It received an extension that it had not asked for.", ["protocol-mismatch"]),
        112: ("It serves no host with the name in the ClientHello.", ["unknown-server-name"]),
        115: ("It does not know the pre-shared key that the client named.", ["unknown-key"]),
        116: ("It requires a client certificate and got none.", ["client-certificate-wanted"]),
        120: ("It supports none of the offered application protocols.", ["no-common-protocol"]),
    ]
}
