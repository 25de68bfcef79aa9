import Foundation
import Testing

/// Names that strangers chose, in everything that the program prints.
@Suite struct `A hostile name` {
    /// U+0001 to U+00FF without the slash, and every format character.
    private static let scalars: [Unicode.Scalar] = {
        let low = (1...0xFF).filter { $0 != 0x2F }.compactMap { Unicode.Scalar(UInt32($0)) }
        let format = (0x100...0xE_FFFF).compactMap { Unicode.Scalar(UInt32($0)) }
            .filter {
                [.format, .lineSeparator, .paragraphSeparator].contains(
                    $0.properties.generalCategory
                )
            }
        return low + format
    }()

    /// Names of at most 240 bytes that together hold all of them.
    private static let names: [String] = {
        var names = [""]
        for scalar in scalars {
            if names[names.count - 1].utf8.count > 200 { names.append("") }
            names[names.count - 1].unicodeScalars.append(scalar)
        }
        return names.map { "a\($0)z" }
    }()

    /// What a terminal would take for more than text, but for the ends of lines.
    private func steering(in text: String) -> [Unicode.Scalar] {
        text.unicodeScalars.filter { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: scalar != "\n"
            default: false
            }
        }
    }

    private func capture(named name: String, in folder: borrowing Scratch) throws -> String {
        let content = try Data(
            contentsOf: Program.root.appending(path: "Captures/nfs-syn-burst.pcap")
        )
        let path = folder.url.path + "/" + name
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT, 0o644)
        try #require(descriptor >= 0)
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        try handle.write(contentsOf: content)
        return path
    }

    @Test(arguments: names)
    func `of a capture steers no terminal and forges no line`(_ name: String) throws {
        let folder = try Scratch()
        let path = try capture(named: name, in: folder)
        let plain = try capture(named: "plain.pcap", in: folder)

        let outcome = try Program.run(path, "--color", "never", "--width", "400")
        let usual = try Program.run(plain, "--color", "never", "--width", "400")

        #expect(steering(in: outcome.output).isEmpty)
        #expect(outcome.output.filter(\.isNewline).count == usual.output.filter(\.isNewline).count)
    }

    @Test(arguments: names)
    func `of a log steers no terminal and forges no line`(_ name: String) throws {
        let folder = try Scratch()
        let path = folder.url.path + "/" + name
        let log = unsafe open(path, O_WRONLY | O_CREAT, 0o644)
        try #require(log >= 0)
        let line = "2017-04-25T17:06:50Z \(name.replacing("\n", with: " ")) of 10.0.0.47\n"
        try FileHandle(fileDescriptor: log, closeOnDealloc: true)
            .write(contentsOf: Data(line.utf8))

        let outcome = try Program.run("nfs-syn-burst.pcap", "--log", path, "--all")

        #expect(outcome.status == 0)
        #expect(outcome.output.contains("17:06:50"))
        #expect(steering(in: outcome.output).isEmpty)
    }

    @Test(arguments: names)
    func `in a complaint steers no terminal and forges no line`(_ name: String) throws {
        let calls = [
            ["/nowhere/\(name)"], ["refused.pcap", "--only", name], ["refused.pcap", "--at", name],
            ["refused.pcap", "--time-zone", name], ["refused.pcap", "-f", name], ["explain", name],
            ["refused.pcap", "--log", "/nowhere/\(name)"],
            ["refused.pcap", "-o", "/nowhere/\(name)"],
            ["refused.pcap", "--\(name)"], ["refused.pcap", "--format", name],
            ["refused.pcap", "--format=\(name)"], ["live", "-i", name],
        ]
        for call in calls {
            let outcome = try Program.run(all: call)

            #expect(outcome.status == 2, "\(call)")
            #expect(steering(in: outcome.errors).isEmpty, "\(call)")
            #expect(outcome.errors.split(separator: "\n").count <= 6, "\(outcome.errors)")
        }
    }

    @Test(arguments: names)
    func `is itself in JSON`(_ name: String) throws {
        let folder = try Scratch()
        let path = try capture(named: name, in: folder)

        let outcome = try Program.run(path, "--format", "json")

        let document = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
        let inputs = (document as? [String: Any])?["inputs"] as? [[String: Any]]
        #expect(inputs?.first?["name"] as? String == path)
        #expect(outcome.output.unicodeScalars.allSatisfy { $0.value >= 0x20 || $0 == "\n" })
    }
}
