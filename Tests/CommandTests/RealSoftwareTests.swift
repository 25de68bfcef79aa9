import Foundation
import Requirements
import Testing

/// Captures that are made while the tests run: two ends that OpenSSL plays, on the loopback of a
/// network namespace.
@Suite struct `TLS sessions of OpenSSL` {
    /// The folder of captures, or why there are none.
    private static let captures: Result<Scratch, Reason> = {
        do {
            let folder = try Scratch()
            let maker = Process()
            maker.executableURL = URL(filePath: "/usr/bin/env")
            let script = URL(filePath: #filePath).deletingLastPathComponent()
                .appending(path: "RealTraffic/tls.py")
            maker.arguments = ["python3", script.path, folder.url.path]
            maker.standardOutput = FileHandle.nullDevice
            let complaints = Pipe()
            maker.standardError = complaints
            try maker.run()
            let text = try complaints.fileHandleForReading.readToEnd() ?? Data()
            maker.waitUntilExit()
            guard maker.terminationStatus == 0 else {
                let words = String(decoding: text, as: UTF8.self)
                return .failure(Reason(words: words, isSkip: maker.terminationStatus == 77))
            }
            return .success(folder)
        } catch {
            return .failure(Reason(words: "\(error)", isSkip: true))
        }
    }()

    struct Reason: Error {
        let words: String
        let isSkip: Bool
    }

    /// Whether captures can be made here; where not, the reason stands in the test's output.
    private static var areMade: Bool {
        if case .failure(let reason) = captures, reason.isSkip {
            return isRun("TLS sessions of OpenSSL", unless: reason.words)
        }
        return true
    }

    private func pathologies(in capture: String) throws -> [String] {
        let file = try Self.captures.get().url.appending(path: capture)
        let run = try Program.run(file.path, "--format", "json")
        let report = try JSONSerialization.jsonObject(with: Data(run.output.utf8))
        let findings = try #require((report as? [String: Any])?["findings"] as? [[String: Any]])
        return findings.compactMap { ($0["finding"] as? [String: Any])?["pathology"] as? String }
    }

    @Test(
        .enabled(if: areMade),
        arguments: [
            ("clean-close", []), ("no-close-notify", ["tls-premature-close"]),
            ("one-sided-close-notify", ["tls-one-sided-close"]),
            ("plaintext-after", ["plaintext-after-tls"]), ("unknown-issuer", ["tls-alert"]),
        ],
        ["tls12", "tls13"]
    )
    func `are told by how they end`(_ ending: (name: String, found: [String]), version: String)
        throws
    {
        #expect(try pathologies(in: "\(ending.name)-\(version).pcap") == ending.found)
    }

    @Test(.enabled(if: areMade))
    func `that the server resets after the key exchange did not come up`() throws {
        let found = try pathologies(in: "reset-after-key-exchange-tls12.pcap")

        #expect(found == ["tls-handshake-reset"])
    }
}
