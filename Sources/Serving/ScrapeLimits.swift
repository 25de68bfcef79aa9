internal import HTTPTypes
internal import NIOCore
internal import NIOHTTPTypes
import Synchronization

/// The connections of scrapers, the oldest first: who comes when there are too many pushes out the
/// one that has had the most time.
///
/// So a crowd of connections that never finish a request cannot keep a scraper out.
final class ScraperConnections: Sendable {
    private let limit: Int
    private let open = Mutex<[any Channel]>([])

    /// - Parameter limit: as many are open at a time.
    init(limit: Int) { self.limit = limit }

    func add(_ channel: any Channel) {
        let oldest = open.withLock { open in
            open.append(channel)
            return open.count > limit ? open.removeFirst() : nil
        }
        oldest?.close(promise: nil)
    }

    func remove(_ channel: any Channel) {
        open.withLock { open in open.removeAll { $0 === channel } }
    }
}

/// Gives a scraper so long for a whole request, and as long to take the answer, after which the
/// connection ends.
final class ScrapeLimits: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// As much of a body is read, in bytes: nobody asks for metrics with one.
    private static let bodyLimit = 65_536

    private let connections: ScraperConnections
    private let timeout: TimeAmount
    private var deadline: Scheduled<Void>?
    private var bodyLength = 0

    init(_ connections: ScraperConnections, timeout: TimeAmount) {
        self.connections = connections
        self.timeout = timeout
    }

    func handlerAdded(context: ChannelHandlerContext) {
        connections.add(context.channel)
        restart(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
        connections.remove(context.channel)
    }

    private func restart(_ context: ChannelHandlerContext) {
        deadline?.cancel()
        let channel = context.channel
        deadline = context.eventLoop.scheduleTask(in: timeout) { channel.close(promise: nil) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head: break
        case .body(let part):
            bodyLength += part.readableBytes
            if bodyLength > Self.bodyLimit { return context.close(promise: nil) }
        case .end: restart(context)
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(var head):
            // A connection serves one scrape: the next one finds another.
            head.headerFields[.connection] = "close"
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .body: context.write(data, promise: promise)
        case .end:
            let written = promise ?? context.eventLoop.makePromise()
            let channel = context.channel
            written.futureResult.whenComplete { _ in channel.close(promise: nil) }
            context.writeAndFlush(data, promise: written)
        }
    }
}
