/// The JSON Schemas (2020-12) of what this program writes.
package enum Schemas {
    /// The schema of the report.
    package static var report: String {
        String(decoding: PackageResources.report_schema_json, as: UTF8.self)
    }

    /// The schema of the report with that of its events, so that it needs no other file.
    package static var wholeReport: String {
        "\(report.trimmedEnd.dropLast().trimmedEnd),\n \"$defs\": {\n\"event\": \(event.trimmedEnd)\n }\n}"
    }

    /// The schema of one event.
    package static var event: String {
        String(decoding: PackageResources.event_schema_json, as: UTF8.self)
    }

    /// The schema of a known issue.
    package static var knownIssue: String {
        String(decoding: PackageResources.known_issue_schema_json, as: UTF8.self)
    }

    /// Both in one document that needs no other file: it admits a report or an event.
    package static var bundle: String {
        """
        {
         "$schema": "https://json-schema.org/draft/2020-12/schema",
         "$id": "urn:synopsis:schema:1",
         "oneOf": [
          {"$ref": "urn:synopsis:schema:report:1"},
          {"$ref": "urn:synopsis:schema:event:1"}
         ],
         "$defs": {
        "report": \(report.trimmedEnd),
        "event": \(event.trimmedEnd)
         }
        }
        """
    }
}

extension StringProtocol {
    /// Without white space at its end.
    var trimmedEnd: SubSequence {
        var end = endIndex
        while end > startIndex, self[index(before: end)].isWhitespace { end = index(before: end) }
        return self[..<end]
    }
}
