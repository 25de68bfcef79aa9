/// What records mean, by their types and lengths: how far the handshake came, data, and alerts.
extension TLSSession {
    /// Takes down a record.
    ///
    /// - Returns: the offset at which the next header is looked for, or its messages are.
    mutating func take(
        _ type: TLSRecordType,
        length: UInt16,
        in octets: RawSpan,
        at offset: Int,
        from source: Source
    ) -> Int {
        let side = source.side
        self[side].lastType = type
        self[side].lastLength = length
        switch type {
        case .changeCipherSpec:
            note(.changeCipherSpec, from: source)
            if !isVersion13 { self[side].marks.insert(.isEncrypted) }
        case .alert:
            takeAlert(length: length, in: octets, at: offset, from: source)
        case .handshake where self[side].marks.contains(.isEncrypted):
            note(.finished, from: source)
        case .handshake:
            return offset
        case .applicationData:
            takeData(length: length, from: source)
        case .heartbeat:
            break
        }
        return offset + Int(length)
    }

    private mutating func takeAlert(
        length: UInt16,
        in octets: RawSpan,
        at offset: Int,
        from source: Source
    ) {
        self[source.side].contents.insert(.alert)
        let isClear = length == 2 && octets.byteCount >= offset + 2
        let alert = TLSAlert(
            packet: source.packet,
            time: source.time,
            length: length,
            level: isClear ? octets.octet(at: offset) : 0,
            code: isClear ? octets.octet(at: offset + 1) : 0,
            isPresumed: false
        )
        // A warning is followed by what matters.
        let former = self[source.side].alert
        if former == nil || former?.isPresumed == true || former?.isFatal == false {
            self[source.side].alert = alert
        }
    }

    private mutating func takeData(length: UInt16, from source: Source) {
        let side = source.side
        self[side].contents.insert(.applicationData)
        let isEarly =
            self[side].messages.contains(.clientHello)
            && self[side.other].messages.isDisjoint(with: TLSMessages(.serverHello))
        if isEarly { return }
        let isHandshake =
            isVersion13 && !self[side].messages.contains(.encryptedHandshake)
            && length != presumedAlertLength
        let isServersFlight =
            isVersion13 && side != client && !hasFinished(client)
            && length != presumedAlertLength
        if isHandshake || isServersFlight {
            self[side].contents.remove(.applicationData)
            note(.encryptedHandshake, from: source)
            return
        }
        forgetAlert(of: side)
        if isVersion13, length == presumedAlertLength {
            self[side].alert = TLSAlert(
                packet: source.packet,
                time: source.time,
                length: length,
                level: 0,
                code: 0,
                isPresumed: true
            )
            return
        }
        count(length, from: source)
    }

    /// Data followed what looked like an alert, which was data then, or no more than a warning.
    private mutating func forgetAlert(of side: Side) {
        guard let alert = self[side].alert, !alert.isFatal else { return }
        if alert.isPresumed {
            self[side].dataRecords &+= 1
            self[side].dataOctets =
                self[side].dataOctets.addingReportingOverflow(UInt32(alert.length)).0
            if self[side].firstDataTime == 0 { self[side].firstDataTime = alert.time }
        }
        self[side].alert = nil
    }

    private mutating func count(_ length: UInt16, from source: Source) {
        let side = source.side
        if self[side].dataRecords == 0 { self[side].firstDataTime = source.time }
        if self[side].dataRecords < .max { self[side].dataRecords += 1 }
        let (sum, isOver) = self[side].dataOctets.addingReportingOverflow(UInt32(length))
        self[side].dataOctets = isOver ? .max : sum
    }

    mutating func note(_ message: TLSMessage, from source: Source) {
        self[source.side].messages.insert(TLSMessages(message))
        self[source.side].contents.insert(TLSContents(message))
        self[source.side].lastMessage = message
        self[source.side].messagePacket = source.packet
        self[source.side].messageTime = source.time
    }
}
