/// The packets of one flow, a row each, with what is to be said under it.
struct Timeline {
    private static let margin = 4

    let flow: ShownFlow
    let style: Style
    /// How the logs are called.
    let logNames: [String]
    let clock: LocalTime
    /// Whether nothing is folded.
    let showsAll: Bool

    var text: String {
        let columns = Columns(flow.allRows, margin: Self.margin, style: style)
        let logs = LogRows(
            names: logNames,
            columns: columns,
            clock: clock,
            style: style,
            showsAll: showsAll
        )
        var text = ""
        for item in flow.items {
            switch item {
            case .packet(_, let row, let remark), .aside(let row, let remark):
                text += columns.line(row)
                if let remark { text += columns.remark(remark) }
            case .logs(let entries):
                text += logs.rows(entries)
            case .fold(let fold):
                text += columns.ellipsis(fold.text)
            case .remark(let remark):
                text += columns.ellipsis(remark)
            }
        }
        return text
    }
}
