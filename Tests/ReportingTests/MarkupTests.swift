import Testing

@testable import Reporting

/// Texts in a page.
@Suite struct `A text in a page` {
    @Test(arguments: [
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("\" onload=\"x", "&quot; onload=&quot;x"), ("a & b", "a &amp; b"),
        ("a\u{1B}[31m\u{0}b", "a\u{FFFD}[31m\u{FFFD}b"), ("Größe → 4 µs", "Größe → 4 µs"),
    ])
    func `has no text that is more than text`(_ text: String, _ escaped: String) {
        let markup: Markup = "<p title=\"\(text)\">\(text)</p>"

        #expect(markup.text == "<p title=\"\(escaped)\">\(escaped)</p>")
    }

    @Test func `is kept where it enters as markup`() {
        let inner: Markup = "<b>\("<")</b>"

        #expect(("<p>\(inner)\(3)</p>" as Markup).text == "<p><b>&lt;</b>3</p>")
    }
}

/// The digest by which a page knows its own script (the examples of FIPS 180-4).
@Suite struct `SHA-256` {
    @Test(arguments: [
        ("", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
        ("abc", "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "JI1qYdIGOLjlwCaTDD5gOaM85Flk/yFn9uzt1BnbBsE="
        ),
    ])
    func `is that of the standard`(_ text: String, _ digest: String) {
        #expect(SHA256.base64(of: text) == digest)
    }
}
