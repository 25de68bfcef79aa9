/// The columns that the rows of one table of packets share, on a page of any width.
///
/// Between the ends that a heading names, a row has an arrow, and its frame's length; what does not
/// fit continues on an indented line. A wide table has addresses and ports in each row, as tshark
/// prints them, and breaks no row.
struct Columns {
    /// Narrower pages have no room for notes below the column of flags.
    private static let leastWidthForColumn = 100

    private let style: Style
    /// The width of the first column, its margin included.
    let number: Int
    private let time: Int
    private let delta: Int
    private let arrow: Int
    private let length: Int
    private let route: Int
    private let kind: Int

    init(_ rows: [PacketRow], margin: Int, style: Style) {
        func widest(_ field: (PacketRow) -> String) -> Int {
            rows.map { style.plain(field($0)).count }.max() ?? 0
        }
        self.style = style
        number = widest(\.number) + margin
        time = widest(\.time)
        delta = widest(\.delta)
        arrow = widest(\.arrow)
        length = widest(\.length)
        route = widest(\.route)
        kind = widest(\.kindAndLength)
    }

    /// Those of a table without packets.
    init(timesOnly clock: LocalTime, margin: Int, style: Style) {
        self.style = style
        number = margin + 1
        time = clock.time(0).count
        delta = 0
        arrow = 0
        length = 0
        route = 0
        kind = 0
    }

    /// Where the column behind the times begins.
    var stem: Int {
        number + 2 + time + 2 + (delta > 0 ? delta + 2 : 0)
    }

    /// Where the flags of a segment begin.
    private var information: Int {
        style.isWide
            ? stem : stem + (arrow > 0 ? arrow + 2 : 0) + (length > 0 ? length + 2 : 0)
    }

    /// Where what is said under a row begins.
    var indent: Int {
        style.isWide || style.width >= Self.leastWidthForColumn ? information : number + 2
    }

    /// Where the rest of a row begins that does not fit on one line.
    private var continuation: Int { indent == information ? indent : indent + 4 }

    /// A row, with its line feeds.
    func line(_ row: PacketRow) -> String {
        let times = [row.number.leading(to: number), row.time]
        let delays = delta > 0 ? [row.delta.padded(to: delta)] : []
        if style.isWide {
            let cells =
                times + delays
                + [
                    style.plain(row.route).padded(to: route), row.kindAndLength.padded(to: kind),
                    row.wideInfo,
                ]
            return cells.joined(separator: "  ") + "\n"
        }
        let way = arrow > 0 ? [style.plain(row.arrow).padded(to: arrow)] : []
        let size = length > 0 ? [row.length.leading(to: length)] : []
        let head = (times + delays + way + size).joined(separator: "  ") + "  "
        return style.hung(row.info, behind: head, continuation: continuation)
    }

    /// What is said under a row, with its line feeds.
    func remark(_ text: String) -> String {
        let blank = String.blank(indent)
        return style.wrapped(text, indent: indent).map { blank + style.ink($0, .faint) + "\n" }
            .joined()
    }

    /// What stands for rows that are not shown, with its line feeds.
    func ellipsis(_ remark: String) -> String {
        let head = style.plain("…").leading(to: number) + "  "
        let lines = style.wrapped(remark, indent: head.count)
        return lines.enumerated().map { index, line in
            (index == 0 ? head : .blank(head.count)) + style.ink(line, .faint) + "\n"
        }.joined()
    }
}
