/// A document that needs nothing but itself: no network, no font, no script to be read.
struct Page {
    let title: String
    let body: Markup

    /// What the browser may use: the style and the script that stand in the page, and nothing else.
    private static let policy = """
        default-src 'none'; style-src 'sha256-\(SHA256.base64(of: style))'; \
        script-src 'sha256-\(SHA256.base64(of: script))'; base-uri 'none'; form-action 'none'
        """

    /// The palette, the page and its ladders.
    static let style = text(PackageResources.ladder_css) + text(PackageResources.page_css)
    private static let script = text(PackageResources.page_js)

    private static func text(_ resource: [UInt8]) -> String {
        String(decoding: resource, as: UTF8.self)
    }

    var text: String {
        let head: Markup = """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="\(Self.policy)">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta name="generator" content="Synopsis \(Report.toolVersion)">
            <title>\(title)</title>
            <style>
            """
        return head.text + Self.style + "</style>\n</head>\n<body>\n" + body.text
            + "<script>" + Self.script + "</script>\n</body>\n</html>\n"
    }
}
