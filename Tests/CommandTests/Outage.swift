import Foundation
import Requirements
import Testing

/// `synopsis live` on the loopback, beside a service that refuses or serves as it is ordered.
final class Outage {
    let folder: Scratch
    /// Where metrics are served.
    let address: String
    let live: Running
    private let parties: Running
    private let orders = Pipe()
    private var done = 0

    static var isPossible: Bool {
        isRunAsRoot("an outage on the loopback", with: "curl", "python3")
    }

    /// A client and a server in Python, steered by lines: `refuse N`, `serve N`.
    private static let script = """
        import socket, sys
        port = int(sys.argv[1])
        def connect():
            client = socket.socket()
            try:
                client.connect(("127.0.0.1", port))
                return client
            except ConnectionRefusedError:
                client.close()
        for line in sys.stdin:
            what, count = line.split()
            server = None
            if what == "serve":
                server = socket.socket()
                server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                server.bind(("127.0.0.1", port))
                server.listen(64)
            for _ in range(int(count)):
                client = connect()
                if server:
                    peer = server.accept()[0]
                    client.sendall(b"question")
                    peer.recv(100)
                    peer.sendall(b"answer")
                    client.recv(100)
                    peer.close()
                    client.close()
            if server:
                server.close()
            print("done", flush=True)
        """

    init() throws {
        folder = try Scratch()
        let port = Int.random(in: 20_000..<25_000)
        address = "127.0.0.1:\(port + 5000)"
        live = try Running(
            [
                try Program.path.path, "live", "-i", "lo", "-f", "tcp port \(port)", "-o",
                folder.url.appending(path: "events.ndjson").path, "--metrics", address,
                "--format", "ndjson", "--interval", "0.5",
            ],
            in: folder
        )
        parties = try Running(
            ["/usr/bin/python3", "-c", Self.script, String(port)],
            in: Scratch(),
            input: orders.fileHandleForReading
        )
        let live = self.live
        try #require(eventually { live.text("events.ndjson").contains("\n") })
    }

    /// What was said so far.
    var events: String { live.text("events.ndjson") }

    var metrics: String { Self.get("http://\(address)/metrics") }

    /// Has connections refused, or served, and waits until they were.
    func play(_ what: String, _ count: Int) {
        orders.fileHandleForWriting.write(Data("\(what) \(count)\n".utf8))
        done += 1
        #expect(eventually { parties.text("out").count == 5 * done })
    }

    func end() {
        kill(live.process.processIdentifier, SIGTERM)
        live.process.waitUntilExit()
    }

    /// The answer of a server; empty where there is none.
    static func get(_ arguments: String...) -> String {
        guard
            let request = try? Running(
                ["/usr/bin/curl", "-s", "-m", "5"] + arguments,
                in: Scratch()
            )
        else { return "" }
        request.process.waitUntilExit()
        return request.text("out")
    }

    /// Waits until something holds that takes its time to be asked for.
    static func isTrue(within seconds: Double, _ question: () throws -> Bool) rethrows -> Bool {
        let end = Date(timeIntervalSinceNow: seconds)
        while Date() < end {
            if try question() { return true }
            usleep(50_000)
        }
        return false
    }
}
