import ArgumentParser

/// The articles of `Documentation.docc`, which `explain --topic` prints.
enum Topic: String, ExpressibleByArgument, CaseIterable {
    case files
    case live
    case logs
    case evidence
    case configuration
    case json
    case formats
    case performance
    case detectors

    /// In Markdown.
    var article: String {
        let bytes =
            switch self {
            case .files: PackageResources.Files_md
            case .live: PackageResources.Live_md
            case .logs: PackageResources.Logs_md
            case .evidence: PackageResources.Evidence_md
            case .configuration: PackageResources.Configuration_md
            case .json: PackageResources.JSON_md
            case .formats: PackageResources.Formats_md
            case .performance: PackageResources.Performance_md
            case .detectors: PackageResources.Detectors_md
            }
        return String(decoding: bytes, as: UTF8.self)
    }
}
