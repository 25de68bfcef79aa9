import Logging
import ServiceLifecycle
import UnixSignals

/// The services of a live analysis, and the signals that end or steer it.
///
/// The capture itself runs on the thread that called for it, which waits for packets and for
/// nothing else: its service only stands for it in the group.
package struct LiveServices: Sendable {
    private let requests: LiveRequests
    private let group: ServiceGroup
    private let log: Logger
    private let end: AsyncStream<Void>.Continuation

    /// - Parameters:
    ///   - requests: whom signals are passed on to.
    ///   - others: what runs beside the capture, until that ends.
    ///   - log: where it is said if one of them fails.
    package init(_ requests: LiveRequests, beside others: [any Service] = [], log: Logger) {
        let (captures, end) = AsyncStream.makeStream(of: Void.self)
        self.requests = requests
        self.log = log
        self.end = end
        let capture = CaptureService(requests: requests, end: captures)
        var quiet = log
        quiet.logLevel = .error
        var configuration = ServiceGroupConfiguration(
            services: [
                .init(service: capture, successTerminationBehavior: .gracefullyShutdownGroup)
            ],
            gracefulShutdownSignals: [.sigint, .sigterm],
            logger: quiet
        )
        for service in [SteeringService(requests: requests)] + others {
            configuration.services.append(
                .init(
                    service: service,
                    successTerminationBehavior: .ignore,
                    failureTerminationBehavior: .gracefullyShutdownGroup
                )
            )
        }
        group = ServiceGroup(configuration: configuration)
    }

    /// Runs the services while `body` captures on this thread.
    package func run<Failure: Error>(_ body: () throws(Failure) -> Void) throws(Failure) {
        let ended = EndOfServices()
        let (group, log, requests) = (group, log, requests)
        Task.detached {
            do {
                try await group.run()
            } catch {
                log.error("\(error)")
                requests.fail()
            }
            ended.signal()
        }
        defer {
            end.finish()
            ended.wait()
        }
        try body()
    }
}

/// Stands for the capture: it ends when that does, and asks it to end when the group is to.
private struct CaptureService: Service {
    let requests: LiveRequests
    let end: AsyncStream<Void>

    func run() async throws {
        await withGracefulShutdownHandler {
            for await _ in end {}
        } onGracefulShutdown: {
            requests.stop()
        }
    }
}

/// Passes on the signals that ask for something and do not end it.
private struct SteeringService: Service {
    let requests: LiveRequests

    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: [.sigusr1, .sighup])
        for await signal in signals.cancelOnGracefulShutdown() {
            if signal == .sighup { requests.reopen() } else { requests.summarize() }
        }
    }
}
