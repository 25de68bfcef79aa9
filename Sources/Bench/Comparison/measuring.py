"""How long a program takes, how much of a processor and how much memory."""
import collections
import dataclasses
import mmap
import os
import statistics
import subprocess
import sys
import tempfile
import time

MEGABYTE = 1 << 20
# What a program may need that has not run yet, in octets.
UNKNOWN = 256 * MEGABYTE


@dataclasses.dataclass(frozen=True)
class Run:
    """One run of one program on one file."""

    seconds: float
    processor: float
    memory: int


@dataclasses.dataclass(frozen=True)
class Result:
    """What the runs of one contender on one capture amount to: medians."""

    # Packets that were read; of a sampled contender, more in the longer sample than in the shorter one.
    packets: int
    seconds: float
    processor: float
    # In octets.
    memory: float

    @property
    def rate(self):
        """Packets a second."""
        return self.packets / self.seconds


def run(command):
    """Runs a command to its end, whatever it prints."""
    # Measured from outside of this process, whose memory a child would be charged with.
    with tempfile.NamedTemporaryFile("r") as output:
        timed = ["/usr/bin/time", "-q", "-f", "%U %S %M", "-o", output.name, *map(str, command)]
        begin = time.perf_counter()
        status = subprocess.run(
            timed, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ).returncode
        seconds = time.perf_counter() - begin
        fields = output.read().split()
    if status != 0 or len(fields) != 3:
        sys.exit(f"{' '.join(map(str, command))}: exit status {status}")
    return Run(seconds, float(fields[0]) + float(fields[1]), int(fields[2]) * 1024)


def rebuild_page_cache(file):
    """Reads a file into fresh page cache: an old one, in small folios, can be twice as slow."""
    with open(file, "rb") as stream:
        os.fsync(stream.fileno())
        os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        while stream.read(MEGABYTE):
            pass


def touch_memory(octets):
    """Makes memory ready that a virtual machine might still have to find."""
    zeros = bytes(MEGABYTE)
    private = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    with mmap.mmap(-1, max(octets, MEGABYTE), flags=private) as memory:
        memory.madvise(mmap.MADV_HUGEPAGE)
        for place in range(0, len(memory) - MEGABYTE + 1, MEGABYTE):
            memory[place : place + MEGABYTE] = zeros


def by_turns(contenders, captures, rounds):
    """Runs every contender on every capture in each round.

    Returns results by the names of capture and contender.
    """
    runs = collections.defaultdict(list)
    for capture in captures:
        for file in [capture.file, *capture.samples.values()]:
            rebuild_page_cache(file)
    for number in range(rounds):
        for capture in captures:
            print(f"round {number + 1} of {rounds}: {capture.name}", file=sys.stderr)
            for contender in contenders:
                if capture.form not in contender.forms:
                    continue
                files = {capture.packets: capture.file}
                if contender.is_sampled:
                    files = capture.samples
                for packets, file in files.items():
                    past = runs[capture.name, contender.name, packets]
                    touch_memory(past[-1].memory * 5 // 4 if past else UNKNOWN)
                    past.append(run(contender.command(file)))
    return summarize(runs)


def summarize(runs):
    """Medians; of two samples, what the longer one takes beyond the shorter one."""
    results = {}
    names = {(capture, contender) for capture, contender, _ in runs}
    for capture, contender in names:
        medians = {}
        for (_, _, packets), list_of_runs in [
            item for item in runs.items() if item[0][:2] == (capture, contender)
        ]:
            medians[packets] = Result(
                packets,
                statistics.median(one.seconds for one in list_of_runs),
                statistics.median(one.processor for one in list_of_runs),
                statistics.median(one.memory for one in list_of_runs),
            )
        longest = medians[max(medians)]
        if len(medians) == 2:
            shortest = medians[min(medians)]
            processor = longest.processor - shortest.processor
            longest = Result(
                longest.packets - shortest.packets,
                # argus goes on while it sleeps its last second: what it computes counts.
                max(longest.seconds - shortest.seconds, processor, 1e-6),
                processor,
                longest.memory,
            )
        results[capture, contender] = longest
    return results


def start_to_first_octet(synopsis, bench, folder):
    """Milliseconds from the start of synopsis to its first octet, on a capture of 1 kB."""
    file = f"{folder}/small"
    subprocess.run([bench, "generate", "headers", "10", file], check=True)
    delays = []
    for _ in range(31):
        begin = time.perf_counter()
        with subprocess.Popen([synopsis, file, "--format", "json"], stdout=subprocess.PIPE) as child:
            child.stdout.read(1)
            delays.append(time.perf_counter() - begin)
            child.stdout.read()
    return statistics.median(delays) * 1000


def memory_of_a_flow(bench, folder):
    """Octets by which the tracker grows with a flow: half open ones, up to as many as it keeps, and those that carry data."""
    figures = {}
    for kind, short, long in [("flood", 500_000, 2_000_000), ("live", 2_000_000, 6_000_000)]:
        grown = []
        for packets in (short, long):
            file = f"{folder}/{kind}.{packets}"
            subprocess.run([bench, "generate", kind, str(packets), file], check=True)
            text = subprocess.run(
                [bench, "read", file], check=True, capture_output=True, text=True
            ).stdout
            figures_by_name = {line[:13].strip(): line[13:].split()[0] for line in text.splitlines()}
            grown.append(
                (int(figures_by_name["flows"]), int(figures_by_name["peak RSS"]) * 1024)
            )
            os.remove(file)
        figures[kind] = (grown[1][1] - grown[0][1]) / (grown[1][0] - grown[0][0])
    return figures
