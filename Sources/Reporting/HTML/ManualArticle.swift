import Diagnosing

/// The manual page of a detector, with its two ladders.
enum ManualArticle {
    /// The page of one manual, as a part of a longer one.
    static func markup(_ manual: Manual) -> Markup {
        let sections = Handbook.sections(of: manual).map { title, body -> Markup in
            "<h4>\(title)</h4>\n<p>\(body)</p>\n"
        }
        return """
            <article class="manual" id="manual-\(manual.id)" aria-labelledby="manual-\(manual.id)-title">
            <h3 id="manual-\(manual.id)-title">\(manual.id): \(manual.title)</h3>
            \(sections.joined())<h4>Example</h4>
            \(figure(LadderDiagram(manual.example)))<h4>Near miss</h4>
            <p>It looks alike, and the detector is silent.</p>
            \(figure(LadderDiagram(manual.nearMiss)))</article>

            """
    }

    private static func figure(_ diagram: LadderDiagram) -> Markup {
        """
        <figure class="flow">
        \(LadderSVG(diagram).markup)<figcaption>\(LadderLegend(diagram).markup)</figcaption>
        </figure>

        """
    }
}

extension Handbook {
    /// All manuals, or one, as a page.
    package static func html(_ manuals: [Manual] = Catalog.manuals) -> String {
        let title = manuals.count == 1 ? manuals[0].title.capitalizedFirst : "Handbook"
        let links = manuals.map { manual -> Markup in
            "<li><a href=\"#manual-\(manual.id)\">\(manual.id)</a> \(manual.title)</li>\n"
        }
        let contents: Markup =
            manuals.count == 1
            ? ""
            : "<nav aria-label=\"Contents\"><ul class=\"contents\">\n\(links.joined())</ul></nav>\n"
        let body: Markup = """
            <header>
            <h1>\(title)</h1>
            <p>Synopsis \(Report.toolVersion): what it finds, and what each finding means.</p>
            </header>
            <main>
            \(contents)\(manuals.map(ManualArticle.markup).joined())</main>

            """
        return Page(title: "Synopsis: \(title)", body: body).text
    }
}
