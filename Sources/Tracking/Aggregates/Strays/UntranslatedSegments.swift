/// Segments that go on where another connection of one of their ends stood: with its ports and its
/// numbers, and with another address in the place of one end.
package struct UntranslatedSegments: Sendable {
    /// Keep at most this many.
    static let limit = 256

    /// The first segment between the wrong addresses, and the connection that it belongs to.
    package struct Stray: Hashable, Sendable {
        package let event: Event
        package let source: Endpoint
        package let destination: Endpoint
        /// The connection as it was made.
        package let initiator: Endpoint
        package let responder: Endpoint
        /// Its last packet before, in nanoseconds since 1970.
        package let lastTime: Int64
    }

    /// In order of capture.
    package fileprivate(set) var all: [Stray] = []
    /// Those that found no place.
    package fileprivate(set) var refused: UInt64 = 0

    package init() {}
}

extension Tracker {
    /// Met in mid-flow so soon, a connection may have begun before the capture, in nanoseconds.
    private static let startSlack: Int64 = 1_000_000_000
    /// So far apart the numbers of one connection lie at most, in bytes.
    private static let reach: Int32 = 1 << 17

    /// Looks for flows without a beginning that go on where another one with their ports stood.
    mutating func gatherUntranslated() {
        aggregates.untranslated = UntranslatedSegments()
        guard let window = tally.window else { return }
        var strays: [UInt32: [Int]] = [:]
        var count = 0
        for index in 0..<flows.table.recordCount
        where flows.table[index].marks.isSuperset(of: [.inUse, .midstream, .alive])
            && flows.table[index].begin - window.first > Self.startSlack
            && flows.table[index].mayContinueAnother
        {
            guard count < UntranslatedSegments.limit else {
                aggregates.untranslated.refused += 1
                continue
            }
            count += 1
            strays[flows.table[index].key.ports, default: []].append(index)
        }
        guard !strays.isEmpty else { return }
        for index in 0..<flows.table.recordCount where flows.table[index].marks.contains(.inUse) {
            for stray in strays[flows.table[index].key.ports] ?? [] where stray != index {
                noteUntranslated(flows.table[stray], after: flows.table[index])
            }
        }
        let candidates = strays.mapValues { $0.map { flows.table[$0] } }
        var continued: [(stray: Flow, flow: Flow)] = []
        flows.table.forEachRemnant { flow in
            for stray in candidates[flow.key.ports] ?? []
            where stray.sideContinuing(flow, within: Self.reach) != nil {
                continued.append((stray, flow))
            }
            return continued.count < UntranslatedSegments.limit
        }
        for (stray, flow) in continued { noteUntranslated(stray, after: flow) }
        aggregates.untranslated.all.sort { $0.event.packet < $1.event.packet }
    }

    private mutating func noteUntranslated(_ stray: Flow, after flow: Flow) {
        guard flow.marks.contains(.alive), stray.begin - flow.begin > Self.startSlack,
            let side = stray.sideContinuing(flow, within: Self.reach)
        else { return }
        let first = flows.eventLogs.first(on: stray.eventLog)
        let event =
            first.flatMap { $0.packet == stray.firstPacket ? $0 : nil }
            ?? Event(
                .ack,
                at: stray.begin,
                packet: stray.firstPacket,
                sequence: stray[side].next,
                acknowledgment: stray[side].acknowledged,
                flags: .ack,
                from: side,
                encapsulation: stray.encapsulation
            )
        aggregates.untranslated.all.append(
            UntranslatedSegments.Stray(
                event: event,
                source: stray.key[side],
                destination: stray.key[side.other],
                initiator: flow.key[flow.initiator],
                responder: flow.responder,
                lastTime: min(flow.lastTime, stray.begin)
            )
        )
    }
}

extension FlowKey {
    /// Both ports, the lower one first.
    fileprivate var ports: UInt32 {
        UInt32(min(lowPort, highPort)) << 16 | UInt32(max(lowPort, highPort))
    }
}

extension Address {
    /// Whether it differs from another one in one byte, and not in the last: no translation does
    /// that, a damaged capture may.
    fileprivate func isDamaged(_ other: Address) -> Bool {
        let bits = [high ^ other.high, low ^ other.low]
        let bytes = bits.flatMap { word in (0..<8).map { word >> (8 * UInt64($0)) & 0xFF } }
        return bytes.count { $0 != 0 } == 1 && bits[1] & 0xFF == 0
    }
}

extension Flow {
    /// Whether it was met in mid-flow, and may be the rest of another connection.
    fileprivate var mayContinueAnother: Bool {
        // A bare ACK alone may have a damaged address.
        let isTold = phase == .reset || low.marks.union(high.marks).contains(.sentData)
        return isTold && !marks.contains(.oddBeginning) && incarnation == 0
            && key.lowPort != key.highPort
    }

    /// The side that sends here with the numbers of another flow on the same ports, one end of
    /// which is another address; `nil` where any number does not fit.
    fileprivate func sideContinuing(_ flow: Flow, within reach: Int32) -> Side? {
        let isSwapped = key.lowPort != flow.key.lowPort
        func counterpart(_ side: Side) -> Side { isSwapped ? side.other : side }
        let shared = [Side.low, .high].count {
            key[$0].address == flow.key[counterpart($0)].address
        }
        let sides = [Side.low, .high].filter {
            self[$0].marks.contains(.seen) && self[$0].acknowledged.rawValue != 0
        }
        let isDamaged = [Side.low, .high].contains {
            key[$0].address.isDamaged(flow.key[counterpart($0)].address)
        }
        guard shared == 1, !isDamaged, !sides.isEmpty else { return nil }
        let fits = sides.allSatisfy { side in
            let (own, other) = (flow[counterpart(side)], flow[counterpart(side.other)])
            return own.marks.contains(.seen) && other.marks.contains(.seen)
                && own.next.distance(to: self[side].next).magnitude <= reach.magnitude
                && other.next.distance(to: self[side].acknowledged).magnitude <= reach.magnitude
        }
        return fits ? sides[0] : nil
    }
}
