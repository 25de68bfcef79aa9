import Testing

extension Tag {
    /// Takes more than a few seconds: `Tests/README.md` has the command without it.
    @Tag static var slow: Self
}
