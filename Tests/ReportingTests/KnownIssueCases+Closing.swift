import Diagnosing
import Tracking

extension KnownIssueCase {
    static let closing: [KnownIssueCase] = [
        KnownIssueCase(
            id: "upload-refused-without-reading",
            shows: AbortiveClose.manual.example,
            nearMiss: Exchange(to: "198.51.100.20:8000") {
                ScriptOpening.tcp
                client.data([UInt8](repeating: 46, count: 1400))
                server.data([UInt8](repeating: 46, count: 60))
                client.ack()
                pause(.milliseconds(1500))
                server.reset()
            }
        ),
        KnownIssueCase(
            id: "hast-connection-not-handed-over",
            shows: SilentConnection.manual.example,
            nearMiss: Exchange(to: "198.51.100.20:8458") {
                ScriptOpening.tcp
                pause(.seconds(20))
                server.fin()
                client.fin()
                server.ack()
            }
        ),
    ]
}
