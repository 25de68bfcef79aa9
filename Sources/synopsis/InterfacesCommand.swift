import ArgumentParser
import Live
import Reporting
import Tracking

/// Lists what can be captured on.
struct InterfacesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "interfaces",
        abstract: "List the interfaces, and whether you may capture on them."
    )

    @Option(help: "text or json.")
    var format = ListFormat.text

    /// The formats of the list.
    enum ListFormat: String, ExpressibleByArgument, CaseIterable {
        case text
        case json
    }

    func run() throws {
        let list: InterfaceList
        do throws(CaptureError) {
            list = try InterfaceList()
        } catch {
            Output.error("synopsis: \(error.shown)\n")
            throw ExitStatus(code: Program.failure)
        }
        switch format {
        case .text: try Output.standard(list.text)
        case .json: try Output.standard(list.json.text + "\n")
        }
    }
}

extension InterfaceList {
    /// A line for each interface, and what is missing.
    fileprivate var text: String {
        let rows = interfaces.map { facts in
            [
                ShownText(foreign: facts.name).text, ShownText(foreign: facts.state).text,
                facts.linkType?.name ?? "?",
                facts.addresses.isEmpty
                    ? ShownText(foreign: facts.description ?? "").text
                    : facts.addresses.map(\.description).joined(separator: " "),
            ]
        }
        let widths = (0..<3).map { column in rows.map { $0[column].count }.max() ?? 0 }
        var text = ""
        for row in rows {
            var line = zip(row, widths).map { cell, width in
                cell + String(repeating: " ", count: width - cell.count)
            }
            line.append(row[3])
            text += line.joined(separator: "  ").trimmingSpaces + "\n"
        }
        if interfaces.isEmpty { text += "No interface was found.\n" }
        guard !mayCapture else { return text }
        return text + """

            You may not capture. This command lets everyone who can run synopsis capture:
              \(Self.grant)
            Or run it as root: sudo synopsis live -i INTERFACE

            """
    }

    fileprivate var json: JSONValue {
        .members(
            ("interfaces", .array(interfaces.map(\.json))),
            ("may_capture", .boolean(mayCapture)),
            ("grant", mayCapture ? nil : .string(Self.grant))
        )
    }
}

extension InterfaceFacts {
    /// In a few words, the worst first.
    fileprivate var state: String {
        switch access {
        case .open: isLoopback ? "loopback" : isUp ? "up" : "down"
        case .forbidden: "not permitted"
        case .down: "down"
        case .refused(let reason): reason
        }
    }

    fileprivate var json: JSONValue {
        var reason: String?
        if case .refused(let words) = access { reason = words }
        return .members(
            ("name", .string(name)),
            ("description", description.map { .string($0) }),
            ("addresses", .array(addresses.map { .string($0.description) })),
            ("up", .boolean(isUp)),
            ("loopback", .boolean(isLoopback)),
            ("link_type", linkType.map { .string($0.name) }),
            ("may_capture", access == .forbidden ? .boolean(false) : .boolean(true)),
            ("reason", reason.map { .string($0) })
        )
    }
}

extension String {
    fileprivate var trimmingSpaces: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}
