/// Metrics in the text format that Prometheus scrapes, version 0.0.4.
///
/// Metrics of one name must follow each other; the caller gives them in that order.
struct PrometheusText {
    /// What a metric is to Prometheus.
    enum Kind: String {
        case counter
        case gauge
        case histogram
    }

    private(set) var text = ""

    /// Begins the metrics of one name.
    ///
    /// - Parameters:
    ///   - name: it ends in its unit, and in `_total` for a counter.
    ///   - kind: how it moves.
    ///   - help: one line that says what is counted.
    mutating func begin(_ name: String, _ kind: Kind, _ help: String) {
        let line = help.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
        text += "# HELP \(name) \(line)\n# TYPE \(name) \(kind.rawValue)\n"
    }

    /// Writes one value.
    mutating func add(_ name: String, _ labels: [(String, String)], _ value: UInt64) {
        write(name, labels, "\(value)")
    }

    /// Writes one value that may have a fraction.
    mutating func add(_ name: String, _ labels: [(String, String)] = [], number: Double) {
        write(name, labels, number.isFinite ? "\(number)" : "NaN")
    }

    /// Writes one value without labels.
    mutating func add(_ name: String, _ value: UInt64) { write(name, [], "\(value)") }

    /// Writes a metric of a single value whole.
    mutating func addSingle(_ name: String, _ kind: Kind, _ help: String, _ value: UInt64) {
        begin(name, kind, help)
        add(name, value)
    }

    private mutating func write(_ name: String, _ labels: [(String, String)], _ value: String) {
        text += name
        if !labels.isEmpty {
            let list = labels.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",")
            text += "{\(list)}"
        }
        text += " \(value)\n"
    }

    private static func escaped(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            .replacing("\n", with: "\\n")
    }
}
