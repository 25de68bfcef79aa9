/// The numbers of detectors that a user may know better than this program.
///
/// Times are in nanoseconds.
package struct Thresholds: Equatable, Sendable {
    /// A handshake without loss that takes longer is slow.
    package var slowHandshake: Int64 = 200_000_000
    /// An answer may take so long.
    package var unansweredRequest: Int64 = 10_000_000_000
    /// A client that closes after waiting so long for an answer gave up.
    package var abandonedRequest: Int64 = 5_000_000_000
    /// A connection may carry no data for so long.
    package var silentConnection: Int64 = 5_000_000_000
    /// After one end has closed, the other may take so long.
    package var halfClose: Int64 = 20_000_000_000
    /// A receive window that is closed for less is that of a busy receiver.
    package var closedWindow: Int64 = Stall.longClosure
    /// So many connections that end alike within a minute are a loop.
    package var reconnects: Int64 = 5
    /// So many ports of one host within 10 s are a scan.
    package var scannedPorts: Int64 = 20
    /// So many hosts with one port within 10 s are a scan.
    package var scannedHosts: Int64 = 50
    /// So many attempts to connect to one service within a second may be a flood.
    package var floodRate: Int64 = 200

    package init() {}
}
