import Diagnosing
import Reporting
import Testing
import Tracking

/// Every case that others met before is named where it shows, and not where it only looks alike.
@Suite struct `A known issue` {
    private func named(in exchange: Exchange) throws -> [String] {
        try report(on: exchange).incidents.flatMap(\.knownIssues).map(\.id)
    }

    @Test(arguments: KnownIssueCase.all.map(\.id))
    func `is named where it shows`(_ id: String) throws {
        let example = try #require(KnownIssueCase.all.first { $0.id == id })

        #expect(try named(in: example.shows).contains(id))
    }

    @Test(arguments: KnownIssueCase.all.map(\.id))
    func `is not named where another cause looks alike`(_ id: String) throws {
        let example = try #require(KnownIssueCase.all.first { $0.id == id })

        #expect(try !named(in: example.nearMiss).contains(id))
    }

    @Test func `has its example, each of them`() {
        #expect(Set(KnownIssueLibrary.all.map(\.id)) == Set(KnownIssueCase.all.map(\.id)))
    }

    @Test func `asks only for metrics that its example has`() throws {
        for issue in KnownIssueLibrary.all {
            let example = try #require(KnownIssueCase.all.first { $0.id == issue.id })
            let report = try report(on: example.shows)
            let findings = report.incidents.flatMap(\.chain).map(\.finding)
            let pathologies = Set(findings.map(\.pathology))

            let isShown = issue.variants.contains { variant in
                variant.allSatisfy { pathologies.contains($0.pathology) }
            }
            #expect(isShown, "\(issue.id): \(pathologies)")
        }
    }
}
