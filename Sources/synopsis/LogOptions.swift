import ArgumentParser
import Reporting

/// What is known from elsewhere: an instant, and lines of other logs.
struct LogOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Show the last packets of each flow before this instant.",
            discussion:
                "RFC 3339, HH:MM:SS[.ffffff] on the day of the capture, or seconds since 1970.",
            valueName: "time"
        )
    )
    var at: String?

    func validate() throws {
        if let at, Instant(at) == nil {
            throw ValidationError(
                "'\(at)' is no time; 2014-01-29T22:01:24.818Z, 22:01:24.818 or 1391032884.818 would be some."
            )
        }
    }

    var instant: Instant? { at.flatMap { Instant($0) } }
}
