"""A chromium without a window, driven over two pipes by the DevTools protocol."""
import collections
import fcntl
import json
import os
import select
import subprocess
import tempfile
import time

# Longer than this no answer takes, in seconds.
PATIENCE = 60


class Browser:
    """One browser with one page at a time."""

    def __enter__(self):
        # Its children may still write there when it ends.
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        commands, answers = os.pipe(), os.pipe()

        def inherit():
            # First out of the way, since the numbers may be taken by one another.
            ends = [fcntl.fcntl(fd, fcntl.F_DUPFD, 30) for fd in (commands[0], answers[1])]
            for fd, number in zip(ends, (3, 4)):
                os.dup2(fd, number)

        self.process = subprocess.Popen(
            [
                "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe",
                f"--user-data-dir={self.profile.name}",
            ],
            preexec_fn=inherit, close_fds=False, stderr=subprocess.DEVNULL,
        )
        os.close(commands[0])
        os.close(answers[1])
        self.output, self.input = commands[1], answers[0]
        self.buffer, self.number, self.session = b"", 0, None
        self.events = collections.defaultdict(list)
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.profile.cleanup()

    def message(self):
        """The next message of the browser."""
        end = time.monotonic() + PATIENCE
        while b"\0" not in self.buffer:
            if not select.select([self.input], [], [], max(0, end - time.monotonic()))[0]:
                raise TimeoutError("the browser does not answer")
            part = os.read(self.input, 1 << 20)
            if not part:
                raise ConnectionError("the browser has ended")
            self.buffer += part
        line, _, self.buffer = self.buffer.partition(b"\0")
        return json.loads(line)

    def call(self, method, **parameters):
        """Asks for something, and gives its answer; events on the way are kept."""
        self.number += 1
        request = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            request["sessionId"] = self.session
        os.write(self.output, json.dumps(request).encode() + b"\0")
        while True:
            message = self.message()
            if message.get("id") == self.number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]
            if "method" in message:
                self.events[message["method"]].append(message["params"])

    def open(self, path, script=True):
        """Opens a file in a new page, waits until it is there, and gives what happened on the way."""
        self.session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log", "DOM", "Accessibility"):
            self.call(f"{domain}.enable")
        self.call("Emulation.setScriptExecutionDisabled", value=not script)
        self.call("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
        self.call("Page.bringToFront")
        self.events.clear()
        self.call("Page.navigate", url=f"file://{path}")
        end = time.monotonic() + PATIENCE
        while not self.events["Page.loadEventFired"] and time.monotonic() < end:
            self.call("Page.getFrameTree")
            time.sleep(0.02)
        time.sleep(0.3)
        self.call("Page.getFrameTree")
        return self.events

    def evaluate(self, expression):
        """The value of an expression in the page."""
        answer = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True, userGesture=True,
            replMode=True,
        )
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def wait(self, condition):
        """Waits until an expression is true."""
        end = time.monotonic() + 10
        while not self.evaluate(condition):
            if time.monotonic() > end:
                raise TimeoutError(condition)
            time.sleep(0.05)

    def press(self, key, code):
        """Presses a key."""
        text = {"text": "\r"} if key == "Enter" else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, code=key, windowsVirtualKeyCode=code, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, code=key, windowsVirtualKeyCode=code)

    def resize(self, width):
        """Makes the window so wide, in pixels."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)

    def accessible_text(self):
        """The texts that assistive technology reads, in order."""
        nodes = self.call("Accessibility.getFullAXTree")["nodes"]
        by_id = {node["nodeId"]: node for node in nodes}

        def walk(node):
            if node["role"]["value"] == "StaticText":
                yield node["name"]["value"]
                return
            for child in node.get("childIds", []):
                if child in by_id:
                    yield from walk(by_id[child])

        return list(walk(nodes[0]))

    def document(self):
        """The number of the document's root, which takes no script of the page."""
        return self.call("DOM.getDocument", depth=0)["root"]["nodeId"]

    def count(self, selector):
        """How many elements there are."""
        found = self.call("DOM.querySelectorAll", nodeId=self.document(), selector=selector)
        return len(found["nodeIds"])

    def body_text(self):
        """The text of the page without its style and script, from the accessibility tree."""
        return "".join(self.accessible_text())
