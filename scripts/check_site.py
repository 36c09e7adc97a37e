"""Open every page of the built site in a browser, and report what goes wrong.

    mkdocs build --strict && python scripts/check_site.py site --screenshots shots

Each page is opened from its file, without a network, at the width of a desk and of a telephone, in
light and in dark. A page is faulty if anything is written to the console as an error, if a file that
it needs is not there, or if it is wider than the screen. Then the search is tried. It needs Chromium,
with which it talks by the DevTools protocol over a pipe; the exit code is 1 where a page is faulty.
"""

import argparse
import base64
import contextlib
import fnmatch
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

WIDTHS = (1280, 390)
SCHEMES = ("light", "dark")
HEIGHT = 900
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--remote-debugging-pipe",
    "--no-first-run",
    "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND",  # no network
    "--hide-scrollbars",
)
SETTLED = "new Promise(done => requestAnimationFrame(() => setTimeout(done, 100)))"
EXCESS = "document.documentElement.scrollWidth - window.innerWidth"
SEARCH = """new Promise((done, failed) => {
  const input = document.querySelector(".md-search__input");
  document.querySelector("#__search").click();
  input.focus();
  input.value = "%s";
  input.dispatchEvent(new Event("keyup", {bubbles: true}));
  const since = Date.now();
  (function look() {
    const found = document.querySelectorAll(".md-search-result__item a");
    if (found.length || Date.now() - since > 20000) done(found.length);
    else setTimeout(look, 100);
  })();
})"""


class Browser:
    """A tab of Chromium, and what its console has said."""

    def __init__(self, program, profile):
        commands, self._commands = os.pipe()
        self._answers, answers = os.pipe()
        # Chromium reads commands from descriptor 3 and writes answers to descriptor 4.
        line = f'exec "$0" "$@" 3<&{commands} 4>&{answers}'
        self._process = subprocess.Popen(
            [shutil.which("bash"), "-c", line, program, *OPTIONS, f"--user-data-dir={profile}"],
            pass_fds=(commands, answers),
            stderr=subprocess.DEVNULL,
        )
        os.close(commands)
        os.close(answers)
        self._numbers, self._received, self._session = itertools.count(1), b"", None
        self.messages = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")
        self.call("Emulation.setFocusEmulationEnabled", enabled=True)

    def close(self):
        """End the browser."""
        with contextlib.suppress(OSError):
            os.close(self._commands)
        self._process.terminate()
        self._process.wait()
        os.close(self._answers)

    def call(self, method, **parameters):
        """The result of a command."""
        number = next(self._numbers)
        command = {"id": number, "method": method, "params": parameters}
        if self._session:
            command["sessionId"] = self._session
        os.write(self._commands, json.dumps(command).encode() + b"\0")
        answer = self._wait(lambda event: event.get("id") == number)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def open(self, url):
        """Load a page, and wait until it is drawn."""
        self.messages.clear()
        self.call("Page.navigate", url=url)
        self._wait(lambda event: event.get("method") == "Page.loadEventFired")
        self.evaluate(SETTLED)

    def evaluate(self, expression):
        """The value of JavaScript, or of what it promises."""
        answer = self.call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        return answer["result"].get("value")

    def show_as(self, width, scheme):
        """Have a screen of that width, of a system that is light or dark."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=HEIGHT,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        preferred = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", features=preferred)

    def screenshot(self, path):
        """Write what is seen into a PNG file."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))

    def _wait(self, is_awaited):
        while True:
            while b"\0" not in self._received:
                part = os.read(self._answers, 1 << 20)
                if not part:
                    raise RuntimeError("the browser has ended")
                self._received += part
            text, _, self._received = self._received.partition(b"\0")
            event = json.loads(text)
            self._note(event)
            if is_awaited(event):
                return event

    def _note(self, event):
        """Keep what an event says of an error."""
        method, parameters = event.get("method"), event.get("params", {})
        if method == "Log.entryAdded" and parameters["entry"]["level"] == "error":
            entry = parameters["entry"]
            self.messages.append(f"{entry['text']} {entry.get('url', '')}")
        elif method == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            thrown = details.get("exception", {}).get("description", details["text"])
            self.messages.append(thrown)
        elif method == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "assert"):
            self.messages.append(" ".join(str(each.get("value")) for each in parameters["args"]))


def pages(site, patterns):
    """The HTML pages, without the lists of files below `reports/`, and 404.html, which needs a server."""
    for path in sorted(site.rglob("*.html")):
        place = path.relative_to(site)
        is_list = place.parts[0] == "reports" and len(place.parts) > 2 and place.parts[1] != "text"
        is_asked_for = any(fnmatch.fnmatch(place.as_posix(), pattern) for pattern in patterns)
        if is_asked_for and not is_list and place.name != "404.html":
            yield path


def faults(browser, path, width):
    """What is wrong with a page."""
    browser.open(path.as_uri())
    found = [f"console: {message}" for message in browser.messages]
    excess = browser.evaluate(EXCESS)
    if excess > 0:
        found.append(f"{excess} pixels wider than the screen of {width}")
    return found


def main():
    """Check the pages, and print the faults."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("site", nargs="?", default="site", type=Path, help="default: site")
    parser.add_argument("--pages", nargs="+", default=["*"], metavar="PATTERN", help="default: all")
    parser.add_argument("--screenshots", type=Path, metavar="DIR", help="default: none")
    args = parser.parse_args()
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        parser.error("needs Chromium")
    site = args.site.resolve()
    if args.screenshots:
        args.screenshots.mkdir(parents=True, exist_ok=True)
    faulty, opened = 0, 0
    with tempfile.TemporaryDirectory() as profile:
        browser = Browser(program, profile)
        try:
            for width, scheme in itertools.product(WIDTHS, SCHEMES):
                browser.show_as(width, scheme)
                for path in pages(site, args.pages):
                    name = path.relative_to(site).as_posix()
                    found = faults(browser, path, width)
                    opened, faulty = opened + 1, faulty + bool(found)
                    for fault in found:
                        print(f"{name} ({width}, {scheme}): {fault}", flush=True)
                    if args.screenshots:
                        file = f"{name.replace('/', '-')}-{width}-{scheme}.png"
                        browser.screenshot(args.screenshots / file)
            browser.open((site / "index.html").as_uri())
            results = browser.evaluate(SEARCH % "dropout")
            print(f"search for 'dropout': {results} results")
        finally:
            browser.close()
    print(f"{opened} pages opened, {faulty} of them faulty")
    return 1 if faulty or not results else 0


if __name__ == "__main__":
    sys.exit(main())
