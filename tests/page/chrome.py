"""A headless Chromium, driven by its own protocol over a pipe: no driver, and no package beside it.

https://chromedevtools.github.io/devtools-protocol/
"""

import base64
import itertools
import json
import os
import select
import shutil
import subprocess
import time

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def found():
    """The path of a browser of this machine, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Chrome:
    """One browser with one tab."""

    def __init__(self, folder, width=1500, height=900):
        # The browser reads from its descriptor 3 and writes to 4.
        theirs_in, self.to = os.pipe()
        self.back, theirs_out = os.pipe()
        options = [
            "--headless=new", "--no-first-run", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--remote-debugging-pipe",
            "--disable-background-networking", "--disable-component-update", "--disable-extensions", "--font-render-hinting=none",
            "--lang=en", f"--user-data-dir={folder}", f"--window-size={width},{height}", "about:blank",
        ]
        if os.geteuid() == 0:
            options.insert(0, "--no-sandbox")

        def pipes():
            high = os.dup2(theirs_in, 30), os.dup2(theirs_out, 31)
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        self.log = open(folder / "chromium.log", "wb") if folder.mkdir(parents=True, exist_ok=True) is None else None
        self.process = subprocess.Popen(
            [found(), *options], pass_fds=(3, 4), preexec_fn=pipes, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self.ids, self.unread, self.events = itertools.count(1), b"", []
        self.session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.to)
        os.close(self.back)
        self.log.close()

    def call(self, method, **params):
        """A command of the protocol, and its result."""
        number = next(self.ids)
        message = {"id": number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.read()
            if answer.get("id") == number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return answer["result"]
            self.events.append(answer)

    def read(self, patience=30):
        """The next message."""
        while b"\0" not in self.unread:
            ready, _, _ = select.select([self.back], [], [], patience)
            assert ready, "the browser does not answer"
            some = os.read(self.back, 1 << 20)
            assert some, "the browser ended"
            self.unread += some
        message, _, self.unread = self.unread.partition(b"\0")
        return json.loads(message)

    def go(self, url):
        self.call("Page.navigate", url=url)
        self.until("document.readyState === 'complete' && !!window.widget")

    def run(self, script):
        """The value of a script's last expression; a promise is waited for."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def until(self, condition, patience=40):
        """Waits until the script says true."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            if self.run(f"!!({condition})"):
                return
            time.sleep(0.05)
        raise AssertionError(f"{condition} does not come true: {self.run('document.body.innerText')[:2000]}")

    def click(self, find):
        """Clicks the middle of what the script finds, with the mouse, as a person does."""
        place = self.run(f"""(() => {{
            const found = {find};
            found.scrollIntoView({{block: 'center', inline: 'center'}});
            const box = found.getBoundingClientRect();
            const x = box.x + box.width / 2, y = box.y + box.height / 2;
            const hit = document.elementFromPoint(x, y);
            return {{x, y, hits: found.contains(hit)}};
        }})()""")
        assert place["hits"], f"something lies over {find}"
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=place["x"], y=place["y"], button="left", clickCount=1)

    def type(self, text):
        self.call("Input.insertText", text=text)

    def picture(self, path, clip=None):
        """Writes a PNG of an element's rectangle."""
        box = self.run(f"""(() => {{
            const box = {clip}.getBoundingClientRect();
            return {{x: box.x + scrollX, y: box.y + scrollY, width: box.width, height: box.height, scale: 1}};
        }})()""")
        answer = self.call("Page.captureScreenshot", format="png", clip=box, captureBeyondViewport=True, optimizeForSpeed=False)
        path.write_bytes(base64.b64decode(answer["data"]))
