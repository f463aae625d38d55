#!/usr/bin/env python3
"""Works in a page of forced-apart report --explore as a person does, in a headless browser.

usage: tests/explore_page.py BROWSER PAGE SAMPLES CLUSTERS

Points, keys, filters, names and files; prints what is wrong; exit codes as tests/report_page.py.
"""

import pathlib
import sys

from report_page import tell

SAVED = """new Promise(done => {
    const old = URL.createObjectURL;
    URL.createObjectURL = blob => { blob.text().then(done); URL.createObjectURL = old; return old(blob); };
    document.getElementById('save-%s').click();
})"""
SET = """{ const box = document.getElementById('%s'); box.value = '%s'; box.dispatchEvent(new Event('input')); }"""


class Page:
    def __init__(self, browser, url):
        self.browser = browser
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        browser.session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network"):
            browser.call(f"{domain}.enable")
        browser.call("Emulation.setDeviceMetricsOverride", width=1200, height=900, deviceScaleFactor=1, mobile=False)
        browser.call("Page.navigate", url=url)
        browser.wait("Page.loadEventFired")

    def value(self, expression):
        answer = self.browser.call("Runtime.evaluate", returnByValue=True, awaitPromise=True, expression=expression)
        return answer["result"].get("value")

    def shown(self):
        return int(self.value("document.getElementById('count').textContent.split(' ')[0]"))

    def said(self):
        return self.value("document.getElementById('sample').innerText")

    def set(self, box, value):
        self.value(SET % (box, value))
        return self.shown()


def wrong_with(browser, url, samples, clusters):
    page, wrong = Page(browser, url), []

    def check(what, found, good):
        if not good:
            wrong.append(f"{what}: {found!r}")

    check("samples at first", page.shown(), page.shown() == samples)
    boxes = page.value("document.querySelectorAll('#clusters input[type=text]').length")
    check("names to fill in", boxes, boxes == clusters)
    check("something is drawn", 0, page.value(
        "new Promise(done => requestAnimationFrame(() => { const map = document.getElementById('map');"
        "done(map.getContext('2d').getImageData(0, 0, map.width, map.height).data.some(x => x > 0)); }))"))
    left, top, wide, high = page.value(
        "(box => [box.left, box.top, box.width, box.height])(document.getElementById('map').getBoundingClientRect())")
    for at in range(400):  # somewhere under the pointer there is a sample
        browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=left + wide * (at % 20 + .5) / 20,
                     y=top + high * (at // 20 + .5) / 20)
        if page.said():
            break
    check("the pointer's sample", page.said(), "cluster" in page.said())
    check("it is drawn", 0, page.value("document.querySelector('#sample svg, #sample img, #sample .said') !== null"))
    before = page.said()
    page.value("document.getElementById('map').focus()")
    browser.call("Input.dispatchKeyEvent", type="keyDown", key="ArrowRight")
    check("the next sample by a key", page.said(), page.said() != before)

    page.value("document.querySelector('#clusters input[type=text]').focus()")
    browser.call("Input.insertText", text='a <b>"name"')
    names, rows = page.value(SAVED % "names").splitlines(), page.value(SAVED % "labels").splitlines()
    check("names.csv", names, names[:2] == ["cluster,name", '0,"a <b>""name"""'] and len(names) == clusters + 1)
    check("labels.csv", rows[:2], rows[0] == "row,label" and len(rows) == samples + 1)

    marks = page.value("[...document.querySelectorAll('#clusters .apart')].map(row => row.innerText.trim())")
    check("what sets clusters apart", marks, marks == [] or (len(marks) == clusters and any(marks)))
    if page.value("document.querySelector('#clusters .apart button') !== null"):
        word = page.value("(word => (word.click(), word.textContent))(document.querySelector('.apart button'))")
        check("a word is looked for", word, page.value("document.getElementById('search').value") == word and
              0 < page.shown() < samples)
        check("all texts again", page.shown(), page.set("search", "") == samples)

    page.value("document.querySelector('#clusters input[type=checkbox]').click()")
    named = sum(line.endswith(',"a <b>""name"""') for line in rows)
    check("without a cluster", page.shown(), page.shown() == samples - named)
    page.value("document.getElementById('all').click()")
    check("all again", page.shown(), page.shown() == samples)
    check("none is that sure", page.set("confidence", "100"), page.set("confidence", "100") < samples)
    page.set("confidence", "0")
    labels = page.value("document.getElementById('label').options.length") - 1
    parts = [page.set("label", str(y)) for y in range(labels)]
    check("the labels' parts", parts, len(parts) > 1 and sum(parts) == samples and 0 not in parts)
    for event in browser.events:
        if event.get("method") == "Runtime.exceptionThrown":
            wrong.append(f"exception: {event['params']['exceptionDetails'].get('exception', {}).get('description')}")
        elif event.get("method") == "Network.requestWillBeSent":
            asked = event["params"]["request"]["url"]
            if asked != url and not asked.startswith(("data:", "blob:")):
                wrong.append(f"request: {asked[:200]}")
    return wrong


def main():
    program, page, samples, clusters = sys.argv[1], pathlib.Path(sys.argv[2]).resolve(), *map(int, sys.argv[3:])
    return tell(program, lambda browser: wrong_with(browser, page.as_uri(), samples, clusters))


if __name__ == "__main__":
    sys.exit(main())
