"""What was aimed at, beside what was measured in the same run."""

# Time of synopsis at most so many times that of another: what it must reach, and what it aims at.
SLOWER = [
    ("mixed", "tcpdump", 0.80, 0.40),
    ("mixed", "cat", None, 2.5),
    ("distant", "tcpdump", 0.80, 0.40),
    ("headers", "tcpdump", 1.0, 0.50),
    ("headers", "cat", None, 6),
    ("distant-headers", "tcpdump", 1.0, 0.50),
    ("flood", "tcpdump", 1.0, 0.75),
    ("short", "tcpdump", 2.0, 1.5),
    ("tls", "tcpdump", None, 0.5),
    ("tls", "cat", None, 3),
    ("pcapng", "tcpdump", None, 0.5),
    ("pcapng", "cat", None, 2.7),
    ("gzip", "gzip -dc", None, 0.6),
]
# Speed of synopsis at least so many times that of another.
FASTER = [("tshark", 100), ("tcptrace", 40), ("argus", 20)]


def line(goal, measured, value, must, aim):
    """A row of the table: a goal of which less is better, with what must be reached, if anything, and the aim."""
    reached = "aim" if value <= aim else "must" if must is not None and value <= must else "no"
    return f"| {goal} | {'' if must is None else must} | {aim} | {measured} | {reached} |"


def slower(results):
    """The goals that compare times."""
    for capture, other, must, aim in SLOWER:
        own, reference = results.get((capture, "synopsis")), results.get((capture, other))
        if own and reference:
            ratio = own.seconds / reference.seconds
            yield line(f"{capture}: time, × {other}", f"{ratio:.2f}", ratio, must, aim)


def faster(results):
    """The goals that compare speed on mixed."""
    for other, aim in FASTER:
        own, reference = results.get(("mixed", "synopsis")), results.get(("mixed", other))
        if own and reference:
            ratio = own.rate / reference.rate
            # Here more is better.
            reached = "aim" if ratio >= aim else "no"
            yield f"| mixed: speed, × {other}, at least | | {aim} | {ratio:.0f} | {reached} |"


def others(results, start, memory, thresholds):
    """Start, constant cost, memory, instructions."""
    yield line("1 kB: start to first octet, ms", f"{start:.1f}", start, None, 10)
    short, long = (results.get((name, "synopsis")) for name in ("headers-1M", "headers"))
    if short and long:
        change = short.rate / long.rate - 1
        times = f"{1e9 / short.rate:.0f} ns, {1e9 / long.rate:.0f} ns, {change:+.0%}"
        goal = f"headers: change of time a packet to {long.packets / 1e6:.0f} M packets, %"
        yield line(goal, times, abs(change) * 100, None, 10)
    for name in ("headers", "distant-headers"):
        if found := results.get((name, "synopsis")):
            megabytes = found.memory / 1e6
            yield line(f"{name}: memory, MB", f"{megabytes:.0f}", megabytes, 100, 48)
    for kind, name, aim in [("live", "live", 128), ("flood", "half-open", 64)]:
        goal = f"memory of a {name} flow, octets"
        yield line(goal, f"{memory[kind]:.0f}", memory[kind], None, aim)
    for text in thresholds.read_text().splitlines():
        path, *figure = text.split()
        if path == "headers":
            count = float(figure[0])
            goal = "headers: instructions a packet (as the gate has recorded them)"
            yield line(goal, f"{count:.0f}", count, 450, 270)


def table(results, start, memory, thresholds):
    """All goals."""
    rows = [*slower(results), *faster(results), *others(results, start, memory, thresholds)]
    return "\n".join(["| Goal | Must | Aim | Measured | Reached |", "|---|---|---|---|---|", *rows, ""])
