import Diagnosing
import Tracking

/// What the report stands on: the inputs, what became of all connections, and what could fake a
/// finding.
extension HTMLReport {
    var capture: Markup {
        """
        <section aria-labelledby="capture">
        <h2 id="capture">Capture</h2>
        \(inputs)\(outcomes)\(guards)</section>

        """
    }

    private var inputs: Markup {
        let rows = report.inputs.map { input -> Markup in
            let format =
                input.compression.map { "\(input.format), \($0.rawValue)" } ?? input.format
            let links = Set(input.linkTypes.map(\.name)).sorted().joined(separator: ", ")
            let length = input.snapshotLength == 0 ? "whole" : "\(input.snapshotLength) bytes"
            let times = input.window.map { window in
                "\(shown.clock.dateAndTime(window.lowerBound)) – \(shown.clock.time(window.upperBound))"
            }
            return """
                <tr><td>\(shown.baseName(input.name))</td><td>\(format)</td><td>\(links)</td><td>\(length)</td>\
                <td class="n">\(Int(clamping: input.packets).grouped)</td><td class="n">\(Int(clamping: input.drops).grouped)</td>\
                <td>\(times ?? "")</td></tr>

                """
        }
        return """
            <div class="wide"><table class="list">
            <thead><tr><th scope="col">file</th><th scope="col">format</th><th scope="col">link</th>\
            <th scope="col">snapshot length</th><th class="n" scope="col">packets</th>\
            <th class="n" scope="col">dropped</th><th scope="col">time</th></tr></thead>
            <tbody>
            \(rows.joined())</tbody></table></div>

            """
    }

    private var outcomes: Markup {
        let items = HandshakeOutcome.allCases.compactMap { outcome -> Markup? in
            let count = report.tally.outcome(outcome)
            return count > 0 ? "<li>\(Int(clamping: count).grouped) \(outcome.name)</li>\n" : nil
        }
        return items.isEmpty
            ? "" : "<h3>Connections</h3>\n<ul class=\"facts\">\n\(items.joined())</ul>\n"
    }

    private var guards: Markup {
        let findings = report.incidents.flatMap(\.chain).map(\.finding)
        let items = Guard.allCases.compactMap { condition -> Markup? in
            let count = findings.count { $0.guards.contains(condition) }
            guard count > 0 else { return nil }
            return """
                <li><b>\(condition.rawValue)</b> \(condition.meaning) In \(Wording.count(count, "finding")).</li>

                """
        }
        return items.isEmpty
            ? ""
            : "<h3>What could fake or hide a finding</h3>\n<ul class=\"facts\">\n\(items.joined())</ul>\n"
    }
}
