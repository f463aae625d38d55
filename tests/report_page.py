#!/usr/bin/env python3
"""Opens a page in a headless browser and tells what is wrong with it.

usage: tests/report_page.py BROWSER PAGE WIDTH

Prints one line for each console error, each request to anywhere but the page itself, and a page
that is wider than the window; exit code 1 if there was any, 0 if the page is fine, 2 if the browser
did not do its part. Standard library only; the browser is driven through a pipe by the DevTools
protocol.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading

SECONDS = 40


class Browser:
    """One page in one browser; commands go to its file descriptor 3, answers come from 4."""

    def __init__(self, program, folder):
        to_read, self.to = os.pipe()
        self.back, from_write = os.pipe()

        def take_places():
            # The ends may lie on 3 and 4 already, in the wrong order.
            high_read, high_write = os.dup(to_read), os.dup(from_write)
            os.dup2(high_read, 3)
            os.dup2(high_write, 4)

        options = ["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe",
                   "--disable-background-networking", "--disable-component-update",
                   "--disable-default-apps", "--disable-extensions", "--disable-sync",
                   "--disable-dev-shm-usage", "--no-first-run", "--hide-scrollbars",
                   f"--user-data-dir={folder}", "about:blank"]
        self.process = subprocess.Popen([program, *options], preexec_fn=take_places,
                                        close_fds=False, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(from_write)
        self.timer = threading.Timer(SECONDS, self.process.kill)  # ends the reading below
        self.timer.start()
        self.held, self.number, self.session, self.events = b"", 0, None, []

    def read(self):
        while b"\0" not in self.held:
            piece = os.read(self.back, 1 << 16)
            if not piece:
                raise RuntimeError(f"the browser ended, or took more than {SECONDS} seconds")
            self.held += piece
        message, self.held = self.held.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.read()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def wait(self, method):
        while not any(event.get("method") == method for event in self.events):
            self.events.append(self.read())

    def close(self):
        self.timer.cancel()
        self.process.kill()
        self.process.wait()


def wrong_with(browser, url, width):
    target = browser.call("Target.createTarget", url="about:blank")["targetId"]
    browser.session = browser.call("Target.attachToTarget", targetId=target,
                                   flatten=True)["sessionId"]
    for domain in ("Page", "Runtime", "Log", "Network"):
        browser.call(f"{domain}.enable")
    browser.call("Emulation.setDeviceMetricsOverride", width=width, height=900,
                 deviceScaleFactor=1, mobile=width < 600)
    browser.events.clear()
    browser.call("Page.navigate", url=url)
    browser.wait("Page.loadEventFired")
    size = browser.call("Runtime.evaluate", returnByValue=True, expression=(
        "[document.documentElement.scrollWidth, window.innerWidth, document.body.innerText.length,"
        " document.querySelectorAll('script').length,"
        " [...document.images].filter(i => !(i.complete && i.naturalWidth > 0)).length]"
    ))["result"]["value"]
    problems = []
    for event in browser.events:
        what, details = event.get("method"), event.get("params", {})
        if what == "Runtime.exceptionThrown":
            problems.append(f"exception: {details['exceptionDetails'].get('text')}")
        elif what == "Runtime.consoleAPICalled" and details["type"] in ("error", "warning", "assert"):
            problems.append(f"console: {details['args']}")
        elif what == "Log.entryAdded" and details["entry"]["level"] in ("error", "warning"):
            problems.append(f"console: {details['entry']['text']}")
        elif what == "Network.requestWillBeSent":
            asked = details["request"]["url"]
            if asked != url and not asked.startswith("data:"):
                problems.append(f"request: {asked[:200]}")
    if size[0] > width:
        problems.append(f"the page is {size[0]} wide in a window of {width}")
    if size[2] < 40:
        problems.append(f"the page shows {size[2]} characters only")
    if size[3] > 0:
        problems.append(f"{size[3]} script elements")
    if size[4] > 0:
        problems.append(f"{size[4]} pictures that cannot be shown")
    return problems


def tell(program, look):
    """Prints what look(browser) finds wrong; the exit code."""
    folder, browser = tempfile.mkdtemp(), None
    try:
        browser = Browser(program, folder)
        problems = look(browser)
    except (RuntimeError, OSError, KeyError) as error:
        print(f"{program}: {error}", file=sys.stderr)
        return 2
    finally:
        if browser:
            browser.close()
        shutil.rmtree(folder, ignore_errors=True)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


def main():
    if len(sys.argv) != 4:
        print(__doc__, file=sys.stderr)
        return 2
    program, page, width = sys.argv[1], pathlib.Path(sys.argv[2]).resolve(), int(sys.argv[3])
    return tell(program, lambda browser: wrong_with(browser, page.as_uri(), width))


if __name__ == "__main__":
    sys.exit(main())
