/// The columns that the rows of one table of packets share.
struct Columns {
    /// The width of the first column, its margin included.
    let number: Int
    private let time: Int
    private let delta: Int
    private let route: Int
    private let kind: Int

    init(_ rows: [PacketRow], margin: Int) {
        func widest(_ field: KeyPath<PacketRow, String>) -> Int {
            rows.map { $0[keyPath: field].count }.max() ?? 0
        }
        number = widest(\.number) + margin
        time = widest(\.time)
        delta = widest(\.delta)
        route = widest(\.route)
        kind = widest(\.kind)
    }

    /// Those of a table without packets.
    init(timesOnly clock: LocalTime, margin: Int) {
        number = margin + 1
        time = clock.time(0).count
        delta = -2
        route = 0
        kind = 0
    }

    /// Where the column of routes begins, and what is to be said under a row.
    var indent: Int { number + 2 + time + 2 + delta + 2 }

    func line(_ row: PacketRow) -> String {
        let cells = [
            row.number.leading(to: number),
            row.time,
            row.delta.padded(to: delta),
            row.route.padded(to: route),
            row.kind.padded(to: kind),
            row.info,
        ]
        return cells.joined(separator: "  ") + "\n"
    }
}
