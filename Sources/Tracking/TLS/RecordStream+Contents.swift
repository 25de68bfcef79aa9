/// What records mean, by their types and lengths: how far the handshake came, data, and alerts.
extension RecordStream {
    /// Takes down a record.
    ///
    /// - Returns: the offset at which the next header is looked for, or its messages are.
    mutating func take(
        _ type: TLSRecordType,
        length: UInt16,
        in octets: RawSpan,
        at offset: Int,
        from source: TLSSession.Source,
        _ context: inout TLSContext
    ) -> Int {
        lastType = type
        lastLength = length
        switch type {
        case .changeCipherSpec:
            note(.changeCipherSpec, from: source)
            if !context.agreement.isVersion13 { marks.insert(.isEncrypted) }
        case .alert:
            takeAlert(length: length, in: octets, at: offset, from: source)
        case .handshake where marks.contains(.isEncrypted):
            note(.finished, from: source)
        case .handshake:
            return offset
        case .applicationData:
            takeData(length: length, from: source, context)
        case .heartbeat:
            break
        }
        return offset + Int(length)
    }

    private mutating func takeAlert(
        length: UInt16,
        in octets: RawSpan,
        at offset: Int,
        from source: TLSSession.Source
    ) {
        contents.insert(.alert)
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
        let former = self.alert
        if former == nil || former?.isPresumed == true || former?.isFatal == false {
            self.alert = alert
            marks.insert(.isMilestone)
        }
    }

    private mutating func takeData(
        length: UInt16,
        from source: TLSSession.Source,
        _ context: TLSContext
    ) {
        let agreement = context.agreement
        contents.insert(.applicationData)
        let isEarly =
            messages.contains(.clientHello)
            && context.otherMessages.isDisjoint(with: TLSMessages(.serverHello))
        if isEarly { return }
        let isHandshake =
            agreement.isVersion13 && !messages.contains(.encryptedHandshake)
            && length != agreement.presumedAlertLength
        let isServersFlight =
            agreement.isVersion13 && source.side != agreement.client && !context.otherHasFinished
            && length != agreement.presumedAlertLength
        let isFinishedBehind =
            messages.contains(.emptyCertificate) && dataRecords == 0
            && length == agreement.finishedLength
        if isHandshake || isServersFlight || isFinishedBehind {
            contents.remove(.applicationData)
            if isHandshake, source.side == agreement.client, agreement.isEmptyCertificate(length) {
                messages.insert(.emptyCertificate)
            }
            note(.encryptedHandshake, from: source)
            return
        }
        forgetAlert()
        if agreement.isVersion13, length == agreement.presumedAlertLength {
            marks.insert(.isMilestone)
            alert = TLSAlert(
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
    private mutating func forgetAlert() {
        guard let alert, !alert.isFatal else { return }
        if alert.isPresumed {
            dataRecords &+= 1
            dataOctets =
                dataOctets.addingReportingOverflow(UInt32(alert.length)).0
            if firstDataTime == 0 { firstDataTime = alert.time }
        }
        self.alert = nil
        marks.insert(.isMilestone)
    }

    private mutating func count(_ length: UInt16, from source: TLSSession.Source) {
        if dataRecords == 0 { firstDataTime = source.time }
        if dataRecords < .max { dataRecords += 1 }
        let (sum, isOver) = dataOctets.addingReportingOverflow(UInt32(length))
        dataOctets = isOver ? .max : sum
    }

    mutating func note(_ message: TLSMessage, from source: TLSSession.Source) {
        messages.insert(TLSMessages(message))
        contents.insert(TLSContents(message))
        lastMessage = message
        messagePacket = source.packet
        marks.insert(.isMilestone)
        messageTime = source.time
    }
}
