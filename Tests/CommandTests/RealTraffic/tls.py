#!/usr/bin/env python3
"""Makes captures of TLS sessions between two ends that OpenSSL plays, on the loopback of a network namespace of its own.

    tls.py FOLDER

writes one file a scenario, SCENARIO-VERSION.pcap, and prints their names. Needs tcpdump, openssl and the right to make a
network namespace; without these it says what is missing and exits with 77.
"""
import fcntl, os, pathlib, socket, ssl, struct, subprocess, sys, threading, time

PORT = 4433


class End:
    """One end of a TLS session: OpenSSL works on memory, so that the scenario decides what TCP does."""

    def __init__(self, connection, context, **options):
        self.connection = connection
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.session = context.wrap_bio(self.incoming, self.outgoing, **options)

    def flush(self):
        octets = self.outgoing.read()
        if octets:
            self.connection.sendall(octets)

    def receive(self):
        """Takes what has come; False at the end of the stream."""
        octets = self.connection.recv(65536)
        self.incoming.write(octets) if octets else self.incoming.write_eof()
        return bool(octets)

    def call(self, function, *arguments):
        while True:
            try:
                result = function(*arguments)
                self.flush()
                return result
            except ssl.SSLWantReadError:
                self.flush()
                self.receive()
            except ssl.SSLError:
                self.flush()
                raise

    def handshake(self):
        self.call(self.session.do_handshake)

    def write(self, text):
        self.session.write(text)
        self.flush()

    def read(self):
        return self.call(self.session.read, 65536)

    def say_goodbye(self):
        """Sends a close_notify, and does not wait for the other's."""
        try:
            self.session.unwrap()
        except ssl.SSLError:
            pass
        self.flush()

    def await_goodbye(self):
        """Reads up to the other's close_notify."""
        try:
            self.call(self.session.read, 1)
        except ssl.SSLError:
            pass

    def reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def close(self):
        self.connection.close()

    def drain(self):
        """Waits for the end of the stream."""
        try:
            while self.connection.recv(65536):
                pass
        except OSError:
            pass


def exchange(client, server=None):
    """A request and its answer, from whichever end calls it."""
    if client:
        client.write(b"GET / HTTP/1.0\r\n\r\n")
        client.read()
    else:
        server.read()
        server.write(b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 600)


def clean_client(end):
    end.handshake(), exchange(end)
    end.say_goodbye()
    try:
        end.call(end.session.unwrap)
    except (ssl.SSLError, OSError):
        pass
    end.close()


def clean_server(end):
    end.handshake(), exchange(None, end)
    end.await_goodbye()
    end.say_goodbye()
    end.drain(), end.close()


def careless_client(end):
    end.handshake(), exchange(end)
    end.drain(), end.close()


def careless_server(end):
    end.handshake(), exchange(None, end)
    time.sleep(0.05)
    end.close()


def one_sided_server(end):
    end.handshake(), exchange(None, end)
    end.drain(), end.close()


def one_sided_client(end):
    end.handshake(), exchange(end)
    end.say_goodbye()
    end.connection.shutdown(socket.SHUT_WR)
    end.drain(), end.close()


def patient_client(end):
    try:
        end.handshake()
    except (ssl.SSLError, OSError):
        pass
    end.close()


def dying_server(end):
    """Takes the ClientHello, answers it, and dies of the client's next flight."""
    try:
        end.receive()
        end.session.do_handshake()
    except ssl.SSLWantReadError:
        end.flush()
    end.receive()
    end.reset()


def plain_client(end):
    end.handshake(), exchange(end)
    end.say_goodbye()
    end.receive()
    end.connection.sendall(b"CONTINUE IN THE CLEAR\n" * 3)
    end.connection.recv(65536)
    end.close()


def plain_server(end):
    end.handshake(), exchange(None, end)
    end.await_goodbye()
    end.say_goodbye()
    end.connection.recv(65536)
    end.connection.sendall(b"AS YOU WISH\n" * 3)
    end.drain(), end.close()


def doubting_client(end):
    """Does not know who signed the certificate."""
    try:
        end.handshake()
    except ssl.SSLError:
        pass
    end.close()


def refused_server(end):
    try:
        end.handshake()
        end.read()
    except (ssl.SSLError, OSError):
        pass
    end.close()


SCENARIOS = {
    "clean-close": (clean_client, clean_server, False),
    "no-close-notify": (careless_client, careless_server, False),
    "one-sided-close-notify": (one_sided_client, one_sided_server, False),
    "reset-after-key-exchange": (patient_client, dying_server, False),
    "plaintext-after": (plain_client, plain_server, False),
    "unknown-issuer": (doubting_client, refused_server, True),
}
VERSIONS = {"tls12": ssl.TLSVersion.TLSv1_2, "tls13": ssl.TLSVersion.TLSv1_3}


def contexts(folder, version, verifies):
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if not verifies:
        client.check_hostname = False
        client.verify_mode = ssl.CERT_NONE
    for context in (server, client):
        context.minimum_version = context.maximum_version = version
    return client, server


def play(folder, name, version):
    play_client, play_server, verifies = SCENARIOS[name]
    for_client, for_server = contexts(folder, VERSIONS[version], verifies)
    listener = socket.create_server(("127.0.0.1", PORT))

    def serve():
        connection, _ = listener.accept()
        play_server(End(connection, for_server, server_side=True))

    thread = threading.Thread(target=serve)
    thread.start()
    connection = socket.create_connection(("127.0.0.1", PORT), timeout=10)
    play_client(End(connection, for_client, server_hostname="synopsis.test"))
    thread.join(10)
    listener.close()


def capture(folder, name, version):
    file = folder / f"{name}-{version}.pcap"
    command = ["tcpdump", "-i", "lo", "-n", "-U", "--immediate-mode", "-w", str(file), "tcp"]
    tcpdump = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    for line in tcpdump.stderr:
        if "listening on" in line:
            break
    play(folder, name, version)
    time.sleep(0.2)
    # Every packet is in the file by now; a gentler signal may be blocked where a test runner starts this.
    tcpdump.kill()
    tcpdump.wait()
    print(file.name, flush=True)


def raise_loopback():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        up = struct.pack("16sh", b"lo", 0x1 | 0x8 | 0x40)
        fcntl.ioctl(any_socket, 0x8914, up)


def main():
    if "SYNOPSIS_OWN_NETWORK" not in os.environ:
        for flags in ("-n", "-rn"):
            if subprocess.run(["unshare", flags, "true"], capture_output=True).returncode == 0:
                os.environ["SYNOPSIS_OWN_NETWORK"] = "1"
                os.execvp("unshare", ["unshare", flags, sys.executable, *sys.argv])
        print("no right to make a network namespace", file=sys.stderr)
        sys.exit(77)
    folder = pathlib.Path(sys.argv[1])
    try:
        subprocess.run(["tcpdump", "--version"], capture_output=True, check=True)
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=synopsis.test",
             "-keyout", folder / "key.pem", "-out", folder / "certificate.pem"],
            capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError) as problem:
        print(f"tcpdump or openssl is missing: {problem}", file=sys.stderr)
        sys.exit(77)
    raise_loopback()
    for version in VERSIONS:
        for name in SCENARIOS:
            if name == "reset-after-key-exchange" and version == "tls13":
                continue
            capture(folder, name, version)


main()
