import Tracking

/// What is to be said of segments of TLS sessions: what their records hold, as far as that is in
/// the clear.
extension Annotations {
    func onRecords(_ index: Int) -> String? {
        let event = history.events[index]
        guard event.payloadLength > 0,
            let stream = history.stream(of: history.incarnation(of: index)),
            let session = stream.tls
        else { return nil }
        let records = session[event.side]
        if records.plaintextPacket != 0, records.plaintextPacket <= event.packet,
            !event.contents.contains(.alert)
        {
            return "No longer TLS."
        }
        if records.lastType == nil {
            let hello = session[event.side.other].messagePacket
            guard hello != 0, event.packet > hello else { return nil }
            let first = stream[event.side].opening
            return first == .unknown || first == .binary ? "Not TLS." : "Not TLS: \(first.words)."
        }
        var names = event.contents.messages.map { message in
            let name = message.name
            if message == .certificate, records.messages.contains(.emptyCertificate) {
                return "\(name) (empty)"
            }
            guard message == .clientHello, let host = stream.serverName else { return name }
            return "\(name) (server \(host))"
        }
        if event.contents.contains(.applicationData) { names.append(data(of: records, in: event)) }
        if event.contents.contains(.alert) { names.append(alert(of: records, in: event)) }
        // Of the last message of an end that is kept afterwards, its records remember the name.
        if names.isEmpty, records.messagePacket == event.packet, let last = records.lastMessage {
            let host = last == .clientHello ? stream.serverName : nil
            names.append(last.name + (host.map { " (server \($0))" } ?? ""))
        }
        // Of a segment that brought no message nothing was noted.
        if names.isEmpty, records.lastType == .applicationData,
            records.messages.contains(.finished)
                || records.messages.contains(.encryptedHandshake)
        {
            names.append("application data")
        }
        return names.isEmpty ? nil : "TLS: \(names.joined(separator: ", "))."
    }

    private func data(of records: RecordStream, in event: Event) -> String {
        guard let alert = records.alert, alert.isPresumed, alert.packet == event.packet else {
            return "application data"
        }
        return "by its length an encrypted alert"
    }

    private func alert(of records: RecordStream, in event: Event) -> String {
        guard let alert = records.alert, alert.packet == event.packet, alert.isInTheClear else {
            return "an encrypted alert"
        }
        return "Alert (\(alert.level == 2 ? "fatal" : "warning"), \(alert.name))"
    }
}
