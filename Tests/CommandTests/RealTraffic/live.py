#!/usr/bin/env python3
"""Lets synopsis watch connections that fail between two network namespaces, with tcpdump beside it.

    live.py SYNOPSIS FOLDER

writes how the program behaves alone, and for each scenario SCENARIO.pcap, what tcpdump captured, and SCENARIO.json: when each event came, when its evidence
was complete, and how the program ended. Needs tcpdump, nft, ip and the right to make network namespaces; without these it
says what is missing and exits with 77.
"""
import json, os, pathlib, shutil, signal, socket, struct, subprocess, sys, threading, time

CLIENT, SERVER = "10.9.0.1", "10.9.0.2"


def run(*words, **options):
    return subprocess.run(words, check=True, capture_output=True, text=True, **options)


def checksum(octets):
    octets += b"\0" * (len(octets) % 2)
    total = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Network:
    """This namespace is the client's; a child holds the server's."""

    def __init__(self):
        self.holder = subprocess.Popen(["unshare", "-n", "sleep", "600"])
        time.sleep(0.2)
        run("ip", "link", "set", "lo", "up")
        run("ip", "link", "add", "name", "near", "type", "veth", "peer", "name", "far")
        run("ip", "link", "set", "far", "netns", str(self.holder.pid))
        run("ip", "addr", "add", CLIENT + "/24", "dev", "near")
        run("ip", "link", "set", "near", "up")
        self.there("ip", "addr", "add", SERVER + "/24", "dev", "far")
        self.there("ip", "link", "set", "far", "up")
        self.there("ip", "link", "set", "lo", "up")
        # So that no question for a hardware address comes between.
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"begin", (SERVER, 9))
        time.sleep(0.1)

    def there(self, *words):
        return run("nsenter", "-t", str(self.holder.pid), "-n", *words)

    def start_there(self, code):
        """Runs a Python program in the server's namespace, up to its first line of output."""
        words = ["nsenter", "-t", str(self.holder.pid), "-n", sys.executable, "-u", "-c", code]
        program = subprocess.Popen(words, stdout=subprocess.PIPE)
        program.stdout.readline()
        return program

    def firewall(self, rule, there=True):
        words = ("nft", "-f", "-")
        chain = f"type filter hook input priority 0\n{rule}\n"
        text = "flush ruleset\ntable ip t {\nchain i {\n" + chain + "}\n}\n"
        if there:
            words = ("nsenter", "-t", str(self.holder.pid), "-n", *words)
        run(*words, input=text)

    def address(self, there):
        words = ("ip", "-j", "link", "show", "far" if there else "near")
        text = self.there(*words).stdout if there else run(*words).stdout
        return bytes.fromhex(json.loads(text)[0]["address"].replace(":", ""))

    def close(self):
        self.holder.kill()
        self.holder.wait()


class Watch:
    """synopsis and tcpdump on one interface, at the same time."""

    def __init__(self, synopsis, folder, name, interface="near"):
        self.file = folder / f"{name}.pcap"
        self.events = []
        self.tcpdump = subprocess.Popen(
            ["tcpdump", "-i", interface, "-U", "-w", self.file, "--time-stamp-precision=nano", "-s", "4096"],
            stderr=subprocess.PIPE, text=True)
        said = ""
        for line in self.tcpdump.stderr:
            said += line
            if "listening" in line:
                break
        else:
            # It wants to become another user, which is not allowed in a namespace of a user's own.
            print(f"tcpdump cannot capture here: {said}", file=sys.stderr)
            sys.exit(77)
        self.program = subprocess.Popen(
            [synopsis, "live", "-i", interface, "--format", "ndjson", "--interval", "1", "-q", "-Z", "root"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.reader = threading.Thread(target=self.read)
        self.reader.start()
        # Its first statistics tell that it listens.
        while not self.events and self.program.poll() is None:
            time.sleep(0.05)

    def read(self):
        for line in self.program.stdout:
            self.events.append([time.time(), json.loads(line)])

    def finish(self, folder, name, evidence):
        # What both see last, so that both know that time went on.
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"end", (SERVER, 9))
        time.sleep(0.3)
        self.program.send_signal(signal.SIGINT)
        status = self.program.wait(timeout=10)
        self.reader.join()
        # Its last block is still with the kernel for up to a second.
        time.sleep(1)
        self.tcpdump.send_signal(signal.SIGINT)
        self.tcpdump.wait()
        outcome = {"evidence": evidence, "events": self.events, "status": status, "errors": self.program.stderr.read()}
        (folder / f"{name}.json").write_text(json.dumps(outcome))


def refused(network):
    for _ in range(2):
        try:
            socket.create_connection((SERVER, 81), 1)
        except OSError:
            pass
    return time.time()


def silent(network):
    network.firewall("tcp dport 82 drop")
    connection = socket.socket()
    connection.setblocking(False)
    connection.connect_ex((SERVER, 82))
    time.sleep(1.05)
    # The second sending of the SYN is evidence of some trouble.
    evidence = time.time()
    time.sleep(4)
    connection.close()
    return evidence


def full_queue(network):
    """The server answers a SYN while there is room, and has none when the handshake is completed."""
    server = network.start_there(f"""
import socket, time
listener = socket.socket()
listener.bind(("{SERVER}", 83))
listener.listen(1)
print("ready")
time.sleep(60)
""")

    def connect(port):
        connection = socket.socket()
        connection.bind((CLIENT, port))
        connection.setblocking(False)
        connection.connect_ex((SERVER, 83))
        time.sleep(0.05)
        return connection

    connections = [connect(5001)]
    network.firewall("tcp sport 83 tcp dport 5002 drop", there=False)
    connections += [connect(5002), connect(5003)]
    network.firewall("accept", there=False)
    # The server sends its SYN-ACK again after a second, takes no ACK, and so sends it once more.
    time.sleep(3.1)
    evidence = time.time()
    time.sleep(1)
    for connection in connections:
        connection.close()
    server.kill()
    return evidence


def rejected_burst(network):
    """Four SYNs at once; the answer to the first is rejected by the client's own firewall."""
    network.firewall("tcp sport 304 reject with icmp type admin-prohibited", there=False)
    network.firewall("tcp dport 304 drop")
    near, far = network.address(False), network.address(True)

    def frame(source, destination, hardware, ports, numbers, flags, options):
        addresses = socket.inet_aton(source) + socket.inet_aton(destination)
        length = 20 + len(options)
        header = struct.pack("!HHIIBBHHH", *ports, *numbers, length // 4 << 4, flags, 14600, 0, 0) + options
        value = checksum(addresses + struct.pack("!BBH", 0, 6, length) + header)
        header = header[:16] + struct.pack("!H", value) + header[18:]
        ip = struct.pack("!BBHHHBBH", 69, 0, 20 + length, 1, 0x4000, 64, 6, 0) + addresses
        ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
        return hardware + b"\x08\x00" + ip + header

    def options(value, echo):
        return struct.pack("!BBHBBBBIIBBB", 2, 4, 1460, 4, 2, 8, 10, value, echo, 1, 3, 3) + b"\x07"

    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    wire.bind(("near", 0))
    first = 2301595334
    for place in range(4):
        number = (first + place * 1_000_003) % 2**32
        wire.send(frame(CLIENT, SERVER, far + near, (705, 304), (number, 0), 2, options(1000, 0)))
    answers = network.start_there(f"""
import socket, time
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
wire.bind(("far", 0))
for pause in (0, 1, 2):
    time.sleep(pause)
    wire.send({frame(SERVER, CLIENT, near + far, (304, 705), (1488229741, first + 1), 18, options(500, 1000))!r})
    if pause == 0: print("sent")
""")
    evidence = time.time()
    answers.wait()
    return evidence


SCENARIOS = {
    "refused": refused, "silent": silent, "full-queue": full_queue, "rejected-burst": rejected_burst,
}


class Lone:
    """synopsis alone, on the loopback, with all that it writes."""

    def __init__(self, synopsis, *words):
        self.output, self.errors = [], []
        self.program = subprocess.Popen(
            [synopsis, "live", "-Z", "root", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.readers = [
            threading.Thread(target=self.read, args=(self.program.stdout, self.output)),
            threading.Thread(target=self.read, args=(self.program.stderr, self.errors)),
        ]
        for reader in self.readers:
            reader.start()
        time.sleep(1)

    def read(self, stream, lines):
        for line in stream:
            lines.append(line)

    def refuse(self, address="127.0.0.1"):
        try:
            socket.create_connection((address, 81), 1)
        except OSError:
            pass

    def end(self, number=None):
        if number:
            self.program.send_signal(number)
        try:
            status = self.program.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.program.kill()
            status = "hangs"
        for reader in self.readers:
            reader.join()
        return {"status": status, "output": "".join(self.output), "errors": "".join(self.errors)}


def interrupted(synopsis):
    lone = Lone(synopsis, "-i", "lo", "--format", "text", "--time-zone", "UTC")
    lone.refuse()
    time.sleep(0.6)
    lone.program.send_signal(signal.SIGUSR1)
    time.sleep(0.6)
    lone.output.append("-- ends --\n")
    return lone.end(signal.SIGINT)


def terminated(synopsis):
    lone = Lone(synopsis, "-i", "lo", "--format", "ndjson")
    lone.program.send_signal(signal.SIGHUP)
    lone.refuse()
    return lone.end(signal.SIGTERM)


def overrun(synopsis):
    """More packets than the kernel can keep while nobody takes them."""
    run("ip", "link", "add", "name", "narrow", "type", "veth", "peer", "name", "wide")
    for name in ("narrow", "wide"):
        run("ip", "link", "set", name, "up")
    lone = Lone(synopsis, "-i", "narrow", "-f", "ether proto 0x88b5", "--format", "ndjson", "--buffer-size", "1")
    lone.program.send_signal(signal.SIGSTOP)
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    wire.bind(("wide", 0))
    frame = b"\xff" * 6 + b"\x02" * 6 + b"\x88\xb5" + bytes(1000)
    for _ in range(5000):
        wire.send(frame)
    lone.program.send_signal(signal.SIGCONT)
    time.sleep(1)
    outcome = lone.end(signal.SIGINT)
    run("ip", "link", "del", "narrow")
    return outcome


def counted(synopsis):
    lone = Lone(synopsis, "-i", "lo", "--format", "ndjson", "-c", "3")
    lone.refuse()
    lone.refuse()
    return lone.end()


def timed(synopsis):
    return Lone(synopsis, "-i", "lo", "--format", "ndjson", "--duration", "1.5").end()


def selective(synopsis):
    lone = Lone(synopsis, "-i", "lo", "--format", "ndjson", "--ignore", "connection-refused")
    lone.refuse()
    return lone.end(signal.SIGINT)


def unread(synopsis):
    """The reader goes after a line, as head does."""
    program = subprocess.Popen(
        [synopsis, "live", "-i", "lo", "--format", "ndjson", "--interval", "0.3", "-Z", "root"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    line = program.stdout.readline()
    program.stdout.close()
    try:
        status = program.wait(timeout=5)
    except subprocess.TimeoutExpired:
        program.kill()
        status = "hangs"
    return {"status": status, "output": line, "errors": program.stderr.read()}


def two_interfaces(synopsis):
    run("ip", "link", "add", "name", "here", "type", "veth", "peer", "name", "there")
    run("ip", "addr", "add", "10.8.0.1/24", "dev", "here")
    run("ip", "link", "set", "here", "up")
    run("ip", "link", "set", "there", "up")
    lone = Lone(synopsis, "-i", "lo", "-i", "here", "--format", "ndjson")
    lone.refuse()
    # Nobody answers there.
    connection = socket.socket()
    connection.setblocking(False)
    connection.connect_ex(("10.8.0.2", 81))
    time.sleep(0.5)
    return lone.end(signal.SIGINT)


def interface_lost(synopsis):
    def add():
        run("ip", "link", "add", "name", "short", "type", "veth", "peer", "name", "stub")
        run("ip", "link", "set", "stub", "up")
        run("ip", "addr", "add", "10.7.0.1/24", "dev", "short")
        run("ip", "link", "set", "short", "up")

    def talk():
        connection = socket.socket()
        connection.setblocking(False)
        connection.connect_ex(("10.7.0.2", 81))
        return connection

    add()
    lone = Lone(synopsis, "-i", "short", "--format", "ndjson")
    run("ip", "link", "set", "short", "down")
    time.sleep(0.5)
    run("ip", "link", "set", "short", "up")
    time.sleep(1.5)
    run("ip", "link", "del", "short")
    time.sleep(2.5)
    add()
    run("ip", "neigh", "replace", "10.7.0.2", "lladdr", "02:00:00:00:00:01", "dev", "short")
    time.sleep(2)
    connection = talk()
    time.sleep(2.2)
    connection.close()
    outcome = lone.end(signal.SIGINT)
    run("ip", "link", "del", "short")
    return outcome


MANNERS = {
    "interrupted": interrupted, "terminated": terminated, "counted": counted, "timed": timed, "selective": selective,
    "unread": unread, "two-interfaces": two_interfaces, "interface-lost": interface_lost,
    "overrun": overrun,
}


def main():
    if "SYNOPSIS_OWN_NETWORK" not in os.environ:
        for flags in ("-n", "-rn"):
            if subprocess.run(["unshare", flags, "true"], capture_output=True).returncode == 0:
                os.environ["SYNOPSIS_OWN_NETWORK"] = "1"
                os.execvp("unshare", ["unshare", flags, sys.executable, *sys.argv])
        print("no right to make a network namespace", file=sys.stderr)
        sys.exit(77)
    missing = [name for name in ("tcpdump", "nft", "ip", "nsenter") if not shutil.which(name)]
    if missing:
        print(f"missing: {', '.join(missing)}", file=sys.stderr)
        sys.exit(77)
    # A parent may have blocked them, and the children would inherit that.
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    synopsis, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    run("ip", "link", "set", "lo", "up")
    for name, manner in MANNERS.items():
        (folder / f"{name}.json").write_text(json.dumps(manner(synopsis)))
    for name, scenario in SCENARIOS.items():
        network = Network()
        watch = None
        try:
            watch = Watch(synopsis, folder, name)
            watch.finish(folder, name, scenario(network))
        finally:
            if watch:
                watch.program.kill()
                watch.tcpdump.kill()
            network.close()
            subprocess.run(["nft", "flush", "ruleset"])
            subprocess.run(["ip", "link", "del", "near"], capture_output=True)


main()
