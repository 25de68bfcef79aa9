import Foundation
import Requirements
import Testing

/// Real output against the schema that the program prints.
@Suite struct `The schema` {
    static let validator = """
        import json, sys
        from jsonschema import Draft202012Validator
        schema = json.load(open(sys.argv[1]))
        Draft202012Validator.check_schema(schema)
        validator = Draft202012Validator(schema)
        errors = [f"{path}: {list(e.path)}: {e.message}" for path in sys.argv[2:]
                  for e in validator.iter_errors(json.load(open(path)))]
        print("\\n".join(errors))
        sys.exit(1 if errors else 0)
        """

    static func python(_ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3"] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }

    /// The packages python3 and python3-jsonschema, which CI installs.
    static let hasValidator = isRun(
        "documents beside the JSON Schema",
        unless: (try? python(["-c", "from jsonschema import Draft202012Validator"]).status) == 0
            ? nil : "not installed: python3-jsonschema"
    )

    @Test(.enabled(if: hasValidator))
    func `admits every report, and each of its events`() throws {
        let folder = try Scratch()
        let schema = folder.file("schema.json", Data(try Program.run("schema").output.utf8))
        var documents: [String] = []
        for name in `A capture`.names {
            let report = try Program.run(name, "--format", "json", "--flows").output
            documents.append(folder.file("\(name).json", Data(report.utf8)).path)
            for (index, line) in report.split(separator: "\n").enumerated()
            where line.hasPrefix("{\"schema\"") {
                let event = line.hasSuffix(",") ? line.dropLast() : line
                documents.append(folder.file("\(name).\(index).json", Data(event.utf8)).path)
            }
        }

        let (status, output) = try withExtendedLifetime(folder) {
            try Self.python(["-c", Self.validator, schema.path] + documents)
        }

        #expect(status == 0, "\(output)")
        #expect(documents.count > 40)
    }

    @Test(.enabled(if: hasValidator))
    func `refuses what is no report`() throws {
        let folder = try Scratch()
        let schema = folder.file("schema.json", Data(try Program.run("schema").output.utf8))
        let wrong = folder.file(
            "wrong.json",
            Data("{\"schema\":\"1.0\",\"kind\":\"synopsis.report\"}".utf8)
        )

        let (status, _) = try withExtendedLifetime(folder) {
            try Self.python(["-c", Self.validator, schema.path, wrong.path])
        }

        #expect(status == 1)
    }

    @Test(.enabled(if: hasValidator))
    func `of the report needs no other file`() throws {
        let folder = try Scratch()
        let schema = folder.file(
            "schema.json",
            Data(try Program.run("schema", "report").output.utf8)
        )
        let report = try Program.run("refused.pcap", "--format", "json").output
        let file = folder.file("report.json", Data(report.utf8))

        let (status, output) = try withExtendedLifetime(folder) {
            try Self.python(["-c", Self.validator, schema.path, file.path])
        }

        #expect(status == 0, "\(output)")
    }

    @Test(arguments: ["report", "event"])
    func `can be had in parts`(_ part: String) throws {
        let text = try Program.run("schema", part).output

        let document = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        #expect(document?["$id"] as? String == "urn:synopsis:schema:\(part):1")
    }
}
