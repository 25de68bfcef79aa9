import ArgumentParser

/// A number that may be given in thousands, millions or billions: `2000000`, `2M`, `500k`.
struct Amount: ExpressibleByArgument {
    let value: UInt64

    private static let units: [Character: UInt64] = [
        "k": 1000, "K": 1000, "m": 1_000_000, "M": 1_000_000, "g": 1_000_000_000,
        "G": 1_000_000_000,
    ]

    init(_ value: UInt64) { self.value = value }

    init?(argument: String) {
        let unit = argument.last.flatMap { Self.units[$0] }
        guard let number = UInt64(unit == nil ? argument[...] : argument.dropLast()) else {
            return nil
        }
        let (value, isTooLarge) = number.multipliedReportingOverflow(by: unit ?? 1)
        guard !isTooLarge else { return nil }
        self.value = value
    }

    var defaultValueDescription: String { String(value) }
}
