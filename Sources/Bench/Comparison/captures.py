"""The captures that are compared on."""
import dataclasses
import pathlib
import subprocess
import sys


@dataclasses.dataclass(frozen=True)
class Specification:
    """What Bench is asked to generate, and how many packets the peers read that are much slower."""

    kind: str
    packets: int
    form: str = "pcap"
    samples: tuple[int, int] | None = (100_000, 400_000)


SPECIFICATIONS = {
    "mixed": Specification("mixed", 1_500_000),
    "headers": Specification("headers", 10_000_000),
    "headers-1M": Specification("headers", 1_000_000, samples=None),
    "distant": Specification("distant", 1_500_000),
    "distant-headers": Specification("distant-headers", 10_000_000),
    "flood": Specification("flood", 10_000_000, samples=(20_000, 100_000)),
    "short": Specification("short", 16_000_000),
    "pathological": Specification("pathological", 1_000_000),
    "tls": Specification("tls", 1_500_000),
    "pcapng": Specification("mixed", 1_500_000, "pcapng", None),
    "gzip": Specification("mixed", 1_500_000, "gzip", None),
}


@dataclasses.dataclass(frozen=True)
class Capture:
    """A generated capture, and its first part in two lengths."""

    name: str
    form: str
    file: pathlib.Path
    packets: int
    # The length of the file.
    octets: int
    # Files by their numbers of packets.
    samples: dict[int, pathlib.Path]


def generate(bench, folder, names, scale):
    """Generates the captures with these names."""
    made = []
    for name in names:
        wanted = SPECIFICATIONS[name]

        def write(packets, suffix="", wanted=wanted, name=name):
            file = folder / (name + suffix)
            print(f"generating {file.name}, {packets} packets", file=sys.stderr)
            command = [bench, "generate", "--form", wanted.form, wanted.kind, str(packets), file]
            subprocess.run(command, check=True)
            return file

        # The same kind with fewer packets is the first part of it.
        samples = {count: write(count, f".{count}") for count in wanted.samples or ()}
        packets = int(wanted.packets * scale)
        file = write(packets)
        octets = file.stat().st_size
        made.append(Capture(name, wanted.form, file, packets, octets, samples))
    return made
