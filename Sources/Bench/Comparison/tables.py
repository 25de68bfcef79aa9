"""Results as Markdown tables."""
SHORT_NAMES = {
    "synopsis": "`synopsis FILE --format json`, the whole run",
    "Bench read": "reader and tracker alone (`Bench read`)",
    "tcpdump": r"`tcpdump -r FILE -w /dev/null 'tcp[tcpflags] & (tcp-syn\|tcp-rst) != 0 or icmp'`",
    "cat": "`cat`",
    "gzip -dc": "`gzip -dc`",
    "libpcap loop": "libpcap, nothing done with a packet",
    "argus": "argus ¹",
    "tcptrace": "`tcptrace -n` ¹",
    "tshark": "`tshark -q -z expert` ¹",
}
NOTE = (
    "¹ Measured on a first part of the capture, as the difference of two lengths of it, so that neither their"
    " start\nnor, in argus's case, a second of waiting at the end counts. They only get slower with longer ones."
)


def row(cells):
    """A line of a table."""
    return "| " + " | ".join(cells) + " |"


def rate(result):
    """Million packets a second."""
    millions = result.rate / 1e6
    return f"{millions:.1f}" if millions >= 1 else f"{millions:.2f}" if millions >= 0.1 else f"{millions:.3f}"


def ratio(results, capture, contender, reference):
    """The rate of one against another's; a dash where one of them is missing."""
    one, other = (results.get((capture, name)) for name in (contender, reference))
    return f"{one.rate / other.rate:.2f}" if one and other else "–"


def for_readme(captures, contenders, results):
    """A row for each contender, a column for each capture."""
    heads = [f"{capture.name}, {capture.octets / 1e6:.0f} MB" for capture in captures]
    lines = [row(["million packets/s", *heads]), "|" + "---|" * (len(captures) + 1)]
    order = ["synopsis", "Bench read", "tcpdump"]
    rest = [one.name for one in contenders if one.name not in order]
    for name in order + rest:
        found = [results.get((capture.name, name)) for capture in captures]
        if any(found):
            lines.append(row([SHORT_NAMES[name], *(rate(one) if one else "–" for one in found)]))
        if name == "synopsis":
            for reference in ["tcpdump", "cat"]:
                ratios = [ratio(results, capture.name, name, reference) for capture in captures]
                lines.append(row([f"the same against `{reference}`", *ratios]))
    return "\n".join([*lines, "", NOTE, ""])


def in_full(captures, contenders, results):
    """A table for each capture."""
    lines = []
    for capture in captures:
        lines += [
            f"**{capture.name}**, {capture.packets} packets, {capture.octets / 1e6:.0f} MB",
            "",
            "| | packets/s | MB/s | CPU s a million | peak MB | × tcpdump | × cat |",
            "|---|---|---|---|---|---|---|",
        ]
        for contender in contenders:
            result = results.get((capture.name, contender.name))
            if not result:
                continue
            megabytes = capture.octets / capture.packets * result.rate / 1e6
            lines.append(
                row(
                    [
                        contender.name + (" ¹" if contender.is_sampled else ""),
                        f"{result.rate:.0f}",
                        f"{megabytes:.0f}",
                        f"{result.processor / result.packets * 1e6:.2f}",
                        f"{result.memory / 1e6:.1f}",
                        ratio(results, capture.name, contender.name, "tcpdump"),
                        ratio(results, capture.name, contender.name, "cat"),
                    ]
                )
            )
        lines.append("")
    return "\n".join(lines)
