import ArgumentParser
import Diagnosing
import Reporting
import Tracking

/// What an organisation adds of its own knowledge.
struct ConfigurationOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Incidents to ignore, severities and thresholds (TOML).",
            valueName: "file"
        )
    )
    var config: String?

    @Option(
        help: ArgumentHelp(
            "A folder with your own known issues (JSON; see 'synopsis schema known-issue').",
            valueName: "folder"
        )
    )
    var knownIssues: String?

    @Option(
        help: ArgumentHelp(
            "Names to show beside addresses, in /etc/hosts format.",
            valueName: "file"
        )
    )
    var hosts: String?

    /// What the files say.
    struct Knowledge {
        var configuration = Configuration()
        var knownIssues: [KnownIssue] = []
        var hosts = HostNames()
    }

    /// Reads the files; what the command line names goes before what the configuration does.
    ///
    /// - Throws: when one of them is not understood, which is said.
    func knowledge() throws(ExitStatus) -> Knowledge {
        var knowledge = Knowledge()
        do throws(ConfigurationError) {
            if let config { knowledge.configuration = try Configuration(file: config) }
            if let folder = knownIssues ?? knowledge.configuration.knownIssues {
                knowledge.knownIssues = try KnownIssueFolder.issues(in: folder)
            }
            if let file = hosts ?? knowledge.configuration.hosts {
                knowledge.hosts = try HostNames(file: file)
            }
        } catch {
            Output.error("synopsis: \(error.shown)\n")
            throw ExitStatus(code: Program.failure)
        }
        return knowledge
    }
}
