import Tracking

/// Words a TLS handshake that was cut off.
struct TLSCutWording {
    let cut: TLSCut

    private var closing: TLSClosing { cut.closing }
    private var history: History { closing.history }
    private var serverAddress: String { closing.endpoint(of: closing.server).address.description }
    private var clientAddress: String { closing.endpoint(of: closing.client).address.description }

    private var how: String {
        guard let end = cut.end else { return "left" }
        return history.events[end].kind == .rst ? "reset" : "closed"
    }

    var summary: String {
        let time = Wording.duration(cut.delay)
        let handshake =
            "the TLS handshake between \(clientAddress) and \(closing.endpoint(of: closing.server))"
        switch cut.reason {
        case .oversizeHello:
            return """
                \(handshake.capitalizedFirst)\(closing.forName) stopped at the ClientHello, which needs several segments: \
                \(serverAddress) did not acknowledge all of it within \(time).
                """
        case .noTLSAnswer:
            return """
                \(closing.endpoint(of: closing.server)) answered the ClientHello from \(clientAddress) with another protocol, and \
                the connection was \(how) \(time) later.
                """
        case .nameBlock:
            return """
                \(handshake.capitalizedFirst)\(closing.forName) was reset \(time) after the ClientHello, by a RST that does \
                not look like other packets from \(serverAddress).
                """
        case .close where cut.isLeftWaiting:
            return """
                \(closing.endpoint(of: closing.server)) acknowledged the ClientHello from \(clientAddress)\(closing.forName) and never \
                answered it; \(clientAddress) closed the connection after \(time).
                """
        case .packetOfDeath, .reset, .close:
            let who = cut.isByServer ? serverAddress : clientAddress
            let what =
                cut.isByServer
                ? handshake : "its TLS handshake with \(closing.endpoint(of: closing.server))"
            return
                "\(who) \(how) \(what)\(closing.forName) \(time) after \(lastWord), without an alert."
        }
    }

    /// By whom it was cut off, and where: `by the server after the client's ClientHello`; `nil`
    /// where other words say more.
    var stage: String? {
        if cut.reason == .packetOfDeath {
            return cut.isAtOnce ? "at the same time" : "after \(lastWord)"
        }
        guard cut.end != nil, cut.reason == .reset || cut.reason == .close else { return nil }
        return "by the \(cut.isByServer ? "server" : "client") after \(lastWord)"
    }

    /// `the client's Finished`.
    private var lastWord: String {
        let lastDataSender = closing.stream.lastDataSender
        let words = closing.lastWords(of: lastDataSender) ?? "last segment"
        return "the \(closing.role(of: lastDataSender))'s \(words)"
    }

    var explanation: String {
        var sentences =
            cut.isLeftWaiting
            ? ["It sent no TLS message: its program hangs, or does not speak TLS on this port."]
            : [lastMessage(of: closing.client), lastMessage(of: closing.server)]
        if cut.end != nil, closing.stream.lastDataSender != closing.closer {
            let who = cut.isByServer ? serverAddress : clientAddress
            let what = lastWord
            sentences.append(
                cut.isAcknowledged
                    ? "\(who) had acknowledged all of \(what), so it had arrived."
                    : "\(who) had not acknowledged all of \(what)."
            )
        }
        if cut.reason != .noTLSAnswer, let form { sentences.append(form) }
        if let empty = closing.emptyCertificateNote { sentences.append(empty) }
        if let refusal {
            sentences.append("Without an alert it may have refused \(refusal.words).")
        }
        if cut.mayBeFilter {
            sentences.append("A device on the path that filters names resets like this, too.")
        }
        let missing = closing.missingOctets(of: closing.closer ?? closing.server)
        if missing > 0 {
            sentences.append("The last record lacks \(Wording.count(missing, "byte")).")
        }
        if cut.reason == .packetOfDeath { sentences.append(death) }
        if closing.session.isComplete {
            sentences.append(
                "Both ends had sent their Finished, so that this may be the end of a session without any answer."
            )
        }
        return sentences.joined(separator: " ")
    }

    private var refusal: TLSRefusal? {
        guard cut.reason == .reset || cut.reason == .close else { return nil }
        return TLSRefusal(withoutAlert: closing)
    }

    private func lastMessage(of side: Side) -> String {
        let role = closing.role(of: side)
        return closing.lastWords(of: side).map { "The \(role)'s last message was \($0)." }
            ?? "The \(role) had sent no TLS message."
    }

    private var form: String? {
        guard let end = cut.end, case .reset(let reset) = history.interpretations[end] else {
            return nil
        }
        let event = history.events[end]
        switch reset.form {
        // Whose it is, is open.
        case .active where cut.mayBeFilter: return nil
        case .active:
            let why =
                cut.isByServer
                ? "the process died, or closed it with bytes unread"
                : "the process gave up, or died"
            return
                "The RST in packet \(event.packet) carries a window (Win=\(event.window)), so the socket still existed: \(why)."
        case .passive: return "The RST is bare: the stack no longer had a socket."
        case .passiveToSYN, .other: return nil
        }
    }

    private var death: String {
        let stream = closing.stream
        if stream.resetsAtOnce > stream.resetsAlike {
            return """
                \(serverAddress) reset \(stream.resetsAtOnce) connections of this service within 100 ms, so its process \
                ended with all of them.
                """
        }
        return """
            \(serverAddress) reset \(stream.resetsAlike) connections of this service after the same message, which kills \
            the process or is refused without an alert.
            """
    }

    func note(on index: Int) -> String {
        let event = history.events[index]
        if event.kind == .fin { return "FIN before the server's first application data" }
        if event.kind == .rst { return "RST before the server's first application data" }
        return "the last message before the end"
    }

    var checks: [Check] {
        // `ProtocolMismatch` has those for two protocols.
        if cut.reason == .noTLSAnswer { return [] }
        let server = closing.endpoint(of: closing.server)
        let name = closing.serverNameOption
        let handshake = Check(
            on: clientAddress,
            "openssl s_client -connect \(server)\(name) -msg",
            "Shows after which message the handshake ends."
        )
        if cut.isLeftWaiting {
            let listener = Check(
                on: server.address.description,
                "ss -ntp state established sport = :\(server.port)",
                "Recv-Q above 0: the program that it names does not read. Otherwise: does it speak TLS on this port?"
            )
            return [listener, handshake]
        }
        return [
            Check(
                on: server.address.description,
                "journalctl -k -p warning; coredumpctl list",
                "An entry at that instant shows that the process on port \(server.port) died."
            ),
            handshake,
        ]
    }
}
