internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
import Logging
internal import NIOCore
import ServiceLifecycle

/// Answers scrapes of Prometheus and health checks over HTTP, beside the capture.
package struct MetricsServer: Service {
    /// Answers a question with nothing where all is well, and else with the reason why not.
    package typealias Check = @Sendable () -> String?

    /// As many connections are open at a time.
    private static let connectionLimit = 64

    /// A request must be whole by then, and its answer taken.
    private static let requestTimeout = TimeAmount.seconds(5)

    private let host: String
    private let port: Int
    private let contentType: String
    private let text: @Sendable () -> String
    private let isHealthy: Check
    private let isReady: Check
    private let logger: Logger
    private let onReady: @Sendable (Int) async -> Void

    /// - Parameters:
    ///   - host: the address to listen at.
    ///   - port: 0 for any that is free.
    ///   - contentType: of the metrics.
    ///   - logger: for what goes wrong.
    ///   - text: makes the metrics, once for each scrape.
    ///   - isHealthy: asked for `/healthz`.
    ///   - isReady: asked for `/readyz`.
    ///   - onReady: is told the port once it listens.
    package init(
        host: String,
        port: UInt16,
        contentType: String,
        logger: Logger,
        text: @escaping @Sendable () -> String,
        isHealthy: @escaping Check = { nil },
        isReady: @escaping Check = { nil },
        onReady: @escaping @Sendable (Int) async -> Void = { _ in }
    ) {
        self.host = host
        self.port = Int(port)
        self.contentType = contentType
        self.text = text
        self.isHealthy = isHealthy
        self.isReady = isReady
        var logger = logger
        // Not a line for each scrape.
        logger.logLevel = max(logger.logLevel, .warning)
        self.logger = logger
        self.onReady = onReady
    }

    /// Serves until it is shut down.
    ///
    /// - Throws: when it cannot listen there.
    package func run() async throws {
        let router = Router()
        let (text, contentType) = (text, contentType)
        router.get("/metrics") { _, _ in
            Self.response(text(), as: contentType)
        }
        for (path, check) in [("/healthz", isHealthy), ("/readyz", isReady)] {
            router.get("\(path)") { _, _ in
                let trouble = check()
                return Self.response(
                    (trouble ?? "ok") + "\n",
                    as: "text/plain",
                    status: trouble == nil ? .ok : .serviceUnavailable
                )
            }
        }
        router.get("/") { _, _ in
            Self.response("synopsis: its metrics are at /metrics\n", as: "text/plain")
        }
        let onReady = onReady
        let connections = ScraperConnections(limit: Self.connectionLimit)
        let application = Application(
            router: router,
            server: .http1(
                configuration: .init(
                    additionalChannelHandlers: [
                        ScrapeLimits(connections, timeout: Self.requestTimeout)
                    ]
                )
            ),
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: port),
                // Those that are being closed need a place until they are.
                availableConnectionsDelegate: MaximumAvailableConnections(2 * Self.connectionLimit)
            ),
            onServerRunning: { await onReady($0.localAddress?.port ?? 0) },
            logger: logger
        )
        try await application.run()
    }

    private static func response(
        _ text: String,
        as type: String,
        status: HTTPResponse.Status = .ok
    ) -> Response {
        Response(
            status: status,
            headers: [.contentType: type, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text))
        )
    }
}
