import Tracking

/// Why a RST was sent, as its sender says in the packet itself.
package struct StatedReason: Hashable, Sendable {
    /// For machines: the text itself, `mptcp-3` or `netscaler-9811`.
    package let code: String
    /// The end of a sentence about the RST: `says in it: “No local listener”`.
    package let words: String
}

extension History {
    /// What the sender of a RST says of its reason; `nil` where it says nothing.
    package func statedReason(of index: Int) -> StatedReason? {
        let event = events[index]
        guard event.kind == .rst else { return nil }
        if let reason = resetReasons[event.packet] {
            if !reason.text.isEmpty {
                return StatedReason(code: reason.text, words: "carries the text “\(reason.text)”")
            }
            if let code = reason.multipathCode {
                let name = Self.multipathReasons[code].map { ", \($0)" } ?? ""
                return StatedReason(
                    code: "mptcp-\(code)",
                    words: "gives the Multipath TCP reason \(code)\(name) (RFC 8684 §3.6)"
                )
            }
        }
        return netScalerReason(of: event)
    }

    /// The reason codes of MP_TCPRST (RFC 8684 §3.6).
    private static let multipathReasons: [UInt8: String] = [
        0: "unspecified", 1: "an error of Multipath TCP", 2: "lack of resources",
        3: "administratively prohibited", 4: "too much outstanding data",
        5: "unacceptable performance", 6: "interference of a middlebox",
    ]

    /// What a NetScaler's code in place of the window says.
    ///
    /// Others have windows that look so by chance: only a known code counts, of a RST without
    /// options, of a sender that announced no such window otherwise.
    private func netScalerReason(of event: Event) -> StatedReason? {
        guard event.payloadLength == 0, event.options.isEmpty,
            NetScalerResetCode.isKnown(event.window),
            !events.contains(where: {
                $0.side == event.side && $0.window == event.window && $0.kind != .rst
                    && $0.kind != .icmp
            })
        else { return nil }
        let meaning = NetScalerResetCode.meaning(of: event.window).map { ": \($0)" } ?? ""
        return StatedReason(
            code: "netscaler-\(event.window)",
            words:
                "carries a Citrix NetScaler reset code in its window field, \(event.window)\(meaning)"
        )
    }
}
