"""What was aimed at, beside what was measured in the same run."""

# Time of synopsis at most so many times that of another.
SLOWER = [
    ("mixed", "tcpdump", 0.40),
    ("mixed", "cat", 2.5),
    ("headers", "tcpdump", 0.50),
    ("headers", "cat", 6),
    ("flood", "tcpdump", 0.75),
    ("short", "tcpdump", 1.5),
    ("tls", "tcpdump", 0.5),
    ("tls", "cat", 3),
    ("pcapng", "tcpdump", 0.5),
    ("pcapng", "cat", 2.7),
    ("gzip", "gzip -dc", 0.6),
]
# Speed of synopsis at least so many times that of another.
FASTER = [("tshark", 100), ("tcptrace", 40), ("argus", 20)]


def line(goal, measured, is_reached):
    """A row of the table."""
    return f"| {goal} | {measured} | {'yes' if is_reached else 'no'} |"


def slower(results):
    """The goals that compare times."""
    for capture, other, bound in SLOWER:
        own, reference = results.get((capture, "synopsis")), results.get((capture, other))
        if own and reference:
            ratio = own.seconds / reference.seconds
            yield line(f"{capture}: time ≤ {bound} × {other}", f"{ratio:.2f} ×", ratio <= bound)


def faster(results):
    """The goals that compare speed on mixed."""
    for other, bound in FASTER:
        own, reference = results.get(("mixed", "synopsis")), results.get(("mixed", other))
        if own and reference:
            ratio = own.rate / reference.rate
            yield line(f"mixed: speed ≥ {bound} × {other}", f"{ratio:.0f} ×", ratio >= bound)


def others(results, start, memory, thresholds):
    """Start, constant cost, memory, instructions."""
    yield line("1 kB: start to first octet ≤ 10 ms", f"{start:.1f} ms", start <= 10)
    short, long = (results.get((name, "synopsis")) for name in ("headers-1M", "headers"))
    if short and long:
        change = short.rate / long.rate - 1
        times = f"{1e9 / short.rate:.0f} ns, {1e9 / long.rate:.0f} ns"
        goal = f"headers: time a packet constant within 10 % to {long.packets / 1e6:.0f} M packets"
        yield line(goal, f"{times}, {change:+.0%}", abs(change) <= 0.1)
    if long:
        megabytes = long.memory / 1e6
        yield line("headers: memory ≤ 48 MB", f"{megabytes:.0f} MB", megabytes <= 48)
    for kind, name, bound in [("live", "live", 128), ("flood", "half-open", 64)]:
        goal = f"memory of a {name} flow ≤ {bound} octets"
        yield line(goal, f"{memory[kind]:.0f} octets", memory[kind] <= bound)
    for text in thresholds.read_text().splitlines():
        path, *figure = text.split()
        if path == "headers":
            count = float(figure[0])
            goal = "headers: ≤ 270 instructions a packet (as the gate has recorded them)"
            yield line(goal, f"{count:.0f}", count <= 270)


def table(results, start, memory, thresholds):
    """All goals."""
    rows = [*slower(results), *faster(results), *others(results, start, memory, thresholds)]
    return "\n".join(["| Goal | Measured | Reached |", "|---|---|---|", *rows, ""])
