import Diagnosing
import Testing
import Tracking

/// The histories that the tracker makes of a script.
func histories(of exchange: Exchange) throws -> [History] {
    try histories(of: exchange.frames)
}

/// The histories of Ethernet frames, in order of capture.
func histories(of frames: [MemoryFrames.Record]) throws -> [History] {
    try reading(of: frames).histories
}

/// What the tracker makes of Ethernet frames: each noteworthy flow, and all of them together.
func reading(of frames: [MemoryFrames.Record]) throws -> (histories: [History], survey: Survey) {
    let capture = try TrackedCapture(of: frames)
    var histories: [History] = []
    capture.forEachSuspicious { histories.append(History($0, in: capture.facts)) }
    return (histories, capture.survey)
}

/// What the detectors find in a script, in the order of the catalog.
func findings(
    in exchange: Exchange,
    by detectors: [any Detector.Type] = Catalog.detectors
) throws -> [Finding] {
    try findings(in: exchange.frames, by: detectors)
}

func findings(
    in frames: [MemoryFrames.Record],
    by detectors: [any Detector.Type] = Catalog.detectors
) throws -> [Finding] {
    let (histories, survey) = try reading(of: frames)
    let found = detectors.flatMap { $0.init().examine(survey) }
    return found
        + histories.flatMap { history in
            Diagnosis.findings(in: history, by: detectors.map { $0.init() })
        }
}

/// The one finding of one detector in a script.
func finding(by detector: any Detector.Type, in exchange: Exchange) throws -> Finding {
    let found = try findings(in: exchange, by: [detector])
    return try #require(found.first)
}

/// The incidents of a script.
func incidents(
    in exchange: Exchange,
    knownIssues: [KnownIssue] = []
) throws -> [Incident] {
    try incidents(in: exchange.frames, knownIssues: knownIssues)
}

func incidents(
    in frames: [MemoryFrames.Record],
    knownIssues: [KnownIssue] = []
) throws -> [Incident] {
    Diagnosis(of: try TrackedCapture(of: frames), knownIssues: knownIssues).incidents
}

extension Finding {
    /// The packets it points at.
    var packets: [UInt64] { evidence.map(\.event.packet) }
}

/// The three listings of the RHEL article, as scripts.
enum Article {
    /// An answer for a SYN from before the capture, refused by the client's firewall.
    static let halfOpen = Exchange(from: "10.0.0.36:866", to: "10.0.0.182:304") {
        client.syn(seq: 4115864593, win: 14600, tsval: 429549362)
        pause(.microseconds(101))
        server.synAck(seq: 2901992808, ack: 956456355, tsval: 2932388808)
        pause(.microseconds(45))
        client.refuses(.hostProhibited)
        pause(.microseconds(2995871))
        server.synAck(seq: 2901992808, ack: 956456355, tsval: 2932388808)
        client.refuses(.hostProhibited)
        pause(.microseconds(13003925))
        client.syn(seq: 4115864593, win: 14600, tsval: 429565362)
        server.synAck(seq: 2901992808, ack: 956456355, tsval: 2932388808)
        client.refuses(.hostProhibited)
    }

    /// A burst of four SYNs, of which the first is answered, and the answer refused.
    static let burst = Exchange(from: "10.0.0.47:705", to: "10.0.0.81:304") {
        client.syn(seq: 2301595334, win: 14480, tsval: 110171009, tsecr: 1300375205)
        pause(.microseconds(90))
        client.syn(seq: 4241129203, win: 14600, tsval: 110171009)
        pause(.microseconds(61))
        client.syn(seq: 4241130150, win: 14600, tsval: 110171009)
        pause(.microseconds(47))
        client.syn(seq: 4241130922, win: 14600, tsval: 110171009)
        pause(.microseconds(43))
        for delay in [25, 9, 8, 4] {
            server.synAck(seq: 1488229741, ack: 2301595335, tsval: 1978101347)
            pause(.microseconds(delay))
            client.refuses(.hostProhibited)
            pause(.microseconds(20))
        }
        pause(.microseconds(998417))
        client.syn(seq: 4241130922, win: 14600, tsval: 110172009)
        server.synAck(seq: 1488229741, ack: 2301595335, tsval: 1978101347)
        client.refuses(.hostProhibited)
        pause(.seconds(9))
        client.syn(seq: 102290257, win: 14600, tsval: 110181002)
        server.synAck(seq: 1488229741, ack: 2301595335, tsval: 1978101347)
        client.refuses(.hostProhibited)
    }

    /// Three cycles of a pair of SYNs, an answer to the first, and a RST from either side.
    static let resetLoop = Exchange(from: "192.168.122.18:815", to: "192.168.122.16:2049") {
        for (first, second, answer): (UInt32, UInt32, UInt32) in [
            (3677241340, 3677245016, 1365940280),
            (3677316102, 3677317394, 1366005876),
            (3677322298, 3677323273, 1366010498),
        ] {
            client.syn(seq: first, win: 14600)
            pause(.microseconds(60))
            client.syn(seq: second, win: 14600)
            server.synAck(seq: answer, ack: first + 1)
            client.rst(seq: first + 1)
            server.rstAck(ack: second + 1)
        }
    }
}

/// Conversations in which nothing is wrong.
enum Healthy {
    static let request = Exchange {
        client.syn(seq: 1000)
        server.synAck(seq: 5000, ack: 1001)
        client.ack(seq: 1001, ack: 5001)
        client.data(seq: 1001, ack: 5001, length: 300)
        server.ack(seq: 5001, ack: 1301)
        server.data(seq: 5001, ack: 1301, length: 1200)
        client.ack(seq: 1301, ack: 6201)
        client.fin(seq: 1301, ack: 6201)
        server.fin(seq: 6201, ack: 1302)
        client.ack(seq: 1302, ack: 6202)
    }

    static let lateAnswer = Exchange {
        client.syn(seq: 1000)
        pause(.seconds(1))
        client.syn(seq: 1000)
        server.synAck(seq: 5000, ack: 1001)
        client.ack(seq: 1001, ack: 5001)
        client.data(seq: 1001, ack: 5001, length: 300)
        server.ack(seq: 5001, ack: 1301)
    }

    static let serverSpeaksFirst = Exchange {
        client.syn(seq: 1000)
        server.synAck(seq: 5000, ack: 1001)
        client.ack(seq: 1001, ack: 5001)
        pause(.seconds(5))
        server.data(seq: 5001, ack: 1001, length: 40)
        client.ack(seq: 1001, ack: 5041)
    }

    static let fastOpen = Exchange {
        client.syn(seq: 1000, length: 200)
        server.synAck(seq: 5000, ack: 1201)
        client.ack(seq: 1201, ack: 5001)
        server.data(seq: 5001, ack: 1201, length: 40)
    }

    static let simultaneousOpen = Exchange(from: "192.0.2.10:4000", to: "198.51.100.20:4000") {
        client.syn(seq: 1000)
        server.syn(seq: 5000)
        client.synAck(seq: 1000, ack: 5001)
        server.synAck(seq: 5000, ack: 1001)
        client.ack(seq: 1001, ack: 5001)
        server.ack(seq: 5001, ack: 1001)
    }

    static let answerCapturedFirst = Exchange {
        server.synAck(seq: 5000, ack: 1001)
        client.syn(seq: 1000)
        client.ack(seq: 1001, ack: 5001)
        client.data(seq: 1001, ack: 5001, length: 300)
        server.ack(seq: 5001, ack: 1301)
    }

    static let running = Exchange {
        client.data(seq: 1001, ack: 5001, length: 300)
        server.ack(seq: 5001, ack: 1301)
        server.fin(seq: 5001, ack: 1301)
        client.fin(seq: 1301, ack: 5002)
        server.ack(seq: 5002, ack: 1302)
    }

    static let oneDirection = Exchange {
        client.syn(seq: 1000)
        client.ack(seq: 1001, ack: 5001)
        client.data(seq: 1001, ack: 5001, length: 300)
        client.ack(seq: 1301, ack: 6201)
    }

    static let pathMTU = Exchange {
        client.syn(seq: 1000)
        server.synAck(seq: 5000, ack: 1001)
        client.ack(seq: 1001, ack: 5001)
        client.data(seq: 1001, ack: 5001, length: 1400)
        router.refuses(.fragmentationNeeded, about: .client)
        client.data(seq: 1001, ack: 5001, length: 1200)
        server.ack(seq: 5001, ack: 2201)
    }

    static let tls12 = Exchange {
        ScriptOpening.tls12
        client.tls(.applicationData(60))
        server.tls(.applicationData(900), .encryptedAlert(26))
        client.tls(.encryptedAlert(26))
        client.fin()
        server.fin()
        client.ack()
    }

    static let tls13 = Exchange {
        ScriptOpening.tls13
        client.tls(.applicationData(60))
        server.tls(.applicationData(900))
        client.tls(.applicationData(19))
        client.fin()
        server.tls(.applicationData(19))
        server.fin()
        client.rst(seq: 1300)
    }

    static let tlsCheck = Exchange {
        ScriptOpening.tls13
        client.tls(.applicationData(19))
        server.tls(.applicationData(19))
        client.fin()
        server.fin()
        client.ack()
    }

    static let startTLS = Exchange(to: "198.51.100.20:587") {
        ScriptOpening.tcp
        server.data([UInt8]("220 mail.example ready\r\n".utf8))
        client.data([UInt8]("STARTTLS\r\n".utf8))
        server.data([UInt8]("220 go ahead\r\n".utf8))
        ScriptOpening.tls12[3...].map(\.self)
        client.tls(.applicationData(60))
        server.tls(.applicationData(300))
        client.tls(.encryptedAlert(26))
        server.tls(.encryptedAlert(26))
        client.fin()
        server.fin()
        client.ack()
    }

    static let all: [Exchange] = [
        request, serverSpeaksFirst, fastOpen, answerCapturedFirst,
        running, oneDirection, pathMTU, tls12, tls13, tlsCheck, startTLS,
    ]
}
