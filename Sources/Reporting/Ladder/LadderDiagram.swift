/// Who sends what to whom, time running down, before anything of it is drawn: the picture that
/// authors of RFCs draw.
struct LadderDiagram {
    /// A vertical line: an end of the connection, or a device between them.
    struct Lifeline {
        let name: String
        let role: String
    }

    /// What an arrow stands for, which decides its form and colour.
    enum Form: String, CaseIterable {
        /// SYN, SYN-ACK, and the ACK that completes the handshake.
        case handshake
        case acknowledgment
        case data
        case tls
        case fin
        case reset
        case icmp
        /// A message beside the connection: a port mapper's, or ARP.
        case message

        /// The words of the legend.
        var name: String {
            switch self {
            case .handshake: "handshake"
            case .acknowledgment: "ACK alone"
            case .data: "data"
            case .tls: "TLS records"
            case .fin: "FIN"
            case .reset: "RST"
            case .icmp: "ICMP error"
            case .message: "message beside it"
            }
        }
    }

    /// What became of a packet.
    enum End {
        case arrival
        /// Its receiver, or a device on its way, refused it.
        case refusal
        /// No answer to it was captured: it was lost, dropped or ignored.
        case silence
    }

    /// One arrow.
    struct Rung {
        /// The packet's number.
        let number: String
        /// The time since the packet before it; empty for the first.
        var delay = ""
        /// The places of its two lifelines.
        let from: Int
        var to: Int
        let form: Form
        /// Above the arrow: what it is.
        let name: String
        /// Below the arrow: its numbers.
        let fields: String
        var end = End.arrival
        /// Whether the same was sent before.
        var isRepeated = false
        /// The index of the row that shows what it repeats, if that is shown.
        var original: Int?
        /// Whether it proves what is said.
        var isProof = false
        /// What is said of it.
        var remark: String?
    }

    /// What is drawn in one place, from the top.
    enum Row {
        case rung(Rung)
        /// Nothing happens for so long.
        case wait(String)
        /// The so many rungs before it come again.
        case again(String, cycle: Int)
        /// Words instead of packets.
        case note(String)
    }

    /// From left to right: two, or three with a device between.
    let lifelines: [Lifeline]
    let rows: [Row]
    /// What it shows, for those who cannot see it.
    let summary: String

    /// A longer silence is cut out of the picture, in nanoseconds: the shortest time after which
    /// TCP sends again (Linux's TCP_RTO_MIN).
    static let shownSilence: Int64 = 200_000_000

    /// The forms that it holds, in the order of the legend.
    var forms: [Form] {
        let present = Set(rungs.map(\.form))
        return Form.allCases.filter(present.contains)
    }

    var rungs: [Rung] {
        rows.compactMap { row in
            if case .rung(let rung) = row { rung } else { nil }
        }
    }
}
