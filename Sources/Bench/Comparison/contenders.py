"""Who is compared: what each is called, and how it is run."""
import dataclasses
import pathlib
import shutil
import sys
import typing

FILTER = "tcp[tcpflags] & (tcp-syn|tcp-rst) != 0 or icmp"
EVERY_FORM = ("pcap", "pcapng", "gzip")


@dataclasses.dataclass(frozen=True)
class Contender:
    """A program that reads a capture."""

    name: str
    program: str
    arguments: typing.Callable[[str], list[str]]
    forms: tuple[str, ...] = ("pcap", "pcapng")
    # Read the first part of each capture only, since it takes so much longer.
    is_sampled: bool = False

    def command(self, file):
        """How it is run on a file."""
        return [self.program, *self.arguments(str(file))]


def known(programs):
    """All contenders; `programs` is the folder of the built ones."""
    return [
        Contender("cat", "cat", lambda file: [file], EVERY_FORM),
        Contender("gzip -dc", "gzip", lambda file: ["-dc", file], ("gzip",)),
        Contender("libpcap loop", f"{programs}/Bench", lambda file: ["pcap", file]),
        Contender("tcpdump", "tcpdump", lambda file: ["-r", file, "-w", "/dev/null", FILTER]),
        Contender("Bench read", f"{programs}/Bench", lambda file: ["read", file], EVERY_FORM),
        Contender(
            "synopsis", f"{programs}/synopsis", lambda file: [file, "--format", "json"], EVERY_FORM
        ),
        Contender("argus", "argus", lambda file: ["-r", file, "-w", "-"], ("pcap",), True),
        Contender("tcptrace", "tcptrace", lambda file: ["-n", file], ("pcap",), True),
        Contender(
            "tshark", "tshark", lambda file: ["-r", file, "-q", "-z", "expert"], ("pcap",), True
        ),
    ]


def present(programs):
    """Those that are installed; the others are named."""
    found = []
    for contender in known(programs):
        if shutil.which(contender.program) or pathlib.Path(contender.program).is_file():
            found.append(contender)
        else:
            print(f"skipped: {contender.name} is not installed", file=sys.stderr)
    return found
