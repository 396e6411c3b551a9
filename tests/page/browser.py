#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium for tests/vm/cases/page.sh: browser.py SCREENSHOTS.

Reads a step a line, STEP and its arguments with tabs between them, and answers each with `ok`, or `failed` and the reason. A
step is a function below that is named after it.
"""
import os
import re
import signal
import sys
import time

from selenium import webdriver
from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.chrome.service import Service

LIMIT_S = 20

# Before any script of the page: what the browser reports, and what an injected script would set.
WATCH = """
window.violations = [];
document.addEventListener('securitypolicyviolation', event => violations.push(`${event.violatedDirective} ${event.blockedURI}`));
window.alert = () => { window.pwned = true; };
"""

METER = """
const meter = window.meter = {lag: 0, frames: 0, start: performance.now()};
let last = performance.now();
meter.timer = setInterval(() => {
    const now = performance.now();
    meter.lag = Math.max(meter.lag, now - last - 20);
    last = now;
}, 20);
const frame = () => { meter.frames++; requestAnimationFrame(frame); };
frame();
"""

# The contrast of each text in view with what is behind it, by WCAG 2; those below what AA wants.
CONTRAST = """
const canvas = new OffscreenCanvas(1, 1).getContext('2d', {willReadFrequently: true});
const rgba = color => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
};
const luminance = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
const background = element => {
    for (; element; element = element.parentElement) {
        const color = rgba(getComputedStyle(element).backgroundColor);
        if (color[3] === 255)
            return color;
    }
    return [255, 255, 255];
};
const found = [];
for (const element of document.body.querySelectorAll('*')) {
    const hasText = [...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim());
    if (!hasText || !element.checkVisibility({checkOpacity: true, checkVisibilityCSS: true}) || element.matches(':disabled, .unseen, option'))
        continue;
    const [a, b] = [luminance(rgba(getComputedStyle(element).color)), luminance(background(element))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5)
        found.push(`${ratio.toFixed(1)} ${element.tagName}.${element.className}: ${element.textContent.slice(0, 40)}`);
}
return found;
"""

KEYS = {
    name: getattr(Keys, name.upper())
    for name in ("tab", "enter", "escape", "end", "home", "arrow_up", "arrow_down", "arrow_left", "arrow_right", "page_up", "page_down")
}


def start():
    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
    driver.set_page_load_timeout(LIMIT_S)
    driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": WATCH})
    return driver


def wait_for(what, condition):
    end = time.monotonic() + LIMIT_S
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {LIMIT_S} s in vain for {what}")
        time.sleep(0.05)


def texts(driver, selector):
    """Of the elements in view."""
    return driver.execute_script(
        "return [...document.querySelectorAll(arguments[0])].filter(e => e.checkVisibility()).map(e => e.textContent)", selector)


def open_page(driver, url):
    driver.get(url)


def reload(driver):
    driver.refresh()


def size(driver, width, height):
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": int(width), "height": int(height), "deviceScaleFactor": 1, "mobile": int(width) < 600})


def scheme(driver, name):
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": name}]})


def screenshot(driver, name):
    time.sleep(0.3)  # for the frame that is being drawn
    driver.save_screenshot(os.path.join(sys.argv[1], f"{name}.png"))


def expect(driver, selector, text):
    """An element in view has the text."""
    try:
        wait_for(text, lambda: any(text in found for found in texts(driver, selector)))
    except AssertionError as error:
        raise AssertionError(f"{error}; {selector}: {texts(driver, selector)[:40]}") from None


def expect_none(driver, selector, text):
    """No element in view has the text any more."""
    wait_for(f"no {text}", lambda: not any(text in found for found in texts(driver, selector)))


def tree(driver):
    """The rows of the tree in view from top to bottom: level and name."""
    rows = driver.execute_script("""
        return [...document.querySelectorAll('#tree .row')].filter(row => row.checkVisibility()).map(row =>
            [row.getBoundingClientRect().top, Number(row.getAttribute('aria-level')), row.querySelector('.name').textContent])""")
    return [(level, name) for _, level, name in sorted(rows)]


def expect_below(driver, parent, child):
    """The two rows of the tree stand one below the other, the second as a child of the first."""
    def is_below():
        rows = tree(driver)
        return any(above[1] == parent and row == (above[0] + 1, child) for above, row in zip(rows, rows[1:]))

    try:
        wait_for(f"{child} below {parent}", is_below)
    except AssertionError as error:
        raise AssertionError(f"{error}; {tree(driver)[:40]}") from None


def expect_script(driver, script):
    wait_for(script, lambda: driver.execute_script(f"return {script}"))


def filter_by(driver, field, value):
    """As somebody who types."""
    box = driver.find_element("css selector", f"#filters [name={field}]")
    box.clear()
    box.send_keys(value)


def click(driver, selector, text=""):
    """The first element in view that has the text."""
    next(found for found in driver.find_elements("css selector", selector) if found.is_displayed() and text in found.text).click()


def fill(driver, selector, value):
    box = driver.find_element("css selector", selector)
    box.clear()
    box.send_keys(value)


def keys(driver, *names):
    for name in names:
        ActionChains(driver).send_keys(KEYS.get(name, name)).perform()


def expect_focus(driver, selector):
    found = driver.switch_to.active_element
    wanted = driver.find_element("css selector", selector)
    assert found == wanted, f"the focus is on {found.get_attribute('outerHTML')[:200]}"


def expect_tab_stops(driver, count):
    """From the start of a page that was just opened through all of it by Tab: each stop is in view and shows that it has the focus."""
    stops = 0
    while stops < 200:
        keys(driver, "tab")
        stop = driver.execute_script("""
            const element = document.activeElement, style = getComputedStyle(element), box = element.getBoundingClientRect();
            return element === document.body ? null : {
                what: element.outerHTML.slice(0, 100),
                isSeen: box.width > 0 && box.height > 0 && box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth,
                hasOutline: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
            }""")
        if stop is None:
            break
        assert stop["isSeen"] and stop["hasOutline"], f"stop {stops}: {stop}"
        stops += 1
    assert int(count) <= stops < 200, f"{stops} stops"


def expect_contrast(driver):
    assert not (found := driver.execute_script(CONTRAST)), found


def expect_no_page_scrolling(driver):
    """All is in view, but for what scrolls in its own panel."""
    found = driver.execute_script(
        "const page = document.documentElement; return [page.scrollWidth, innerWidth, page.scrollHeight, innerHeight]")
    assert found[0] <= found[1] and found[2] <= found[3], found


def browser_pids(driver):
    """All that chromedriver has started."""
    parents = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as stat:
                parents[int(name)] = int(stat.read().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found = [driver.service.process.pid]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found[1:]


def freeze(driver):
    """The browser reads nothing any more, until thaw."""
    driver.frozen = browser_pids(driver)
    for pid in driver.frozen:
        os.kill(pid, signal.SIGSTOP)


def thaw(driver):
    for pid in driver.frozen:
        os.kill(pid, signal.SIGCONT)


def meter_start(driver):
    driver.execute_script(METER)


def meter_check(driver, lag_ms, frames_per_s, elements):
    """Since meter_start: the longest time that the page did not answer, its frames, and how large it has become."""
    found = driver.execute_script("""
        clearInterval(meter.timer);
        return [meter.lag, meter.frames * 1000 / (performance.now() - meter.start), document.getElementsByTagName('*').length]""")
    print("meter: lag {:.0f} ms, {:.0f} frames/s, {} elements".format(*found), file=sys.stderr)
    assert found[0] < float(lag_ms) and found[1] > float(frames_per_s) and found[2] < int(elements), found


def expect_all_counted(driver, count):
    """Events that are here, left out or lost, as the page says."""
    def counted():
        note = " ".join(texts(driver, "#events-note")).replace(",", "")
        numbers = [re.search(pattern, note) for pattern in (r"of (\d+) shown", r"(\d+) older ones left out")]
        lost = int(re.sub(r"\D", "", texts(driver, "#lost")[0]))
        return sum(int(number[1]) for number in numbers if number) + lost

    wait_for(f"{count} events that are counted, not {counted()}", lambda: counted() >= int(count))


def expect_modules(driver):
    """tests/page/modules.js finds nothing wrong."""
    with open(os.path.join(os.path.dirname(__file__), "modules.js"), encoding="utf-8") as script:
        error = driver.execute_async_script(
            f"const done = arguments[0]; (async () => {{ {script.read()} }})().then(() => done(''), error => done(String(error)))")
    assert not error, error


def is_expected(entry, allowed):
    return any(re.search(pattern, entry["message"]) for pattern in allowed)


def expect_clean(driver, *allowed):
    """Nothing in the console but what matches, no violation of the content security policy, and no script of a stranger ran."""
    entries = [entry for entry in driver.get_log("browser") if not is_expected(entry, allowed)]
    found = driver.execute_script("""
        return {violations, pwned: window.pwned ?? false,
            elements: [...document.querySelectorAll('img, iframe, object, embed, svg, a:not(.skip), script:not([src="page/page.js"]), [onerror], [style*=url]')]
                .map(element => element.outerHTML.slice(0, 200))}""")
    assert not entries and not found["violations"] and not found["pwned"] and not found["elements"], (entries, found)


STEPS = {
    function.__name__: function
    for function in (
        open_page, reload, size, scheme, screenshot, expect, expect_none, expect_below, expect_script, filter_by, click, fill, keys, freeze, thaw, expect_focus, expect_tab_stops,
        expect_contrast, expect_no_page_scrolling, meter_start, meter_check, expect_all_counted, expect_modules, expect_clean)
}


def main():
    driver = start()
    print("ok", flush=True)
    try:
        for line in sys.stdin:
            step, *arguments = line.rstrip("\n").split("\t")
            try:
                STEPS[step](driver, *arguments)
                print("ok", flush=True)
            except Exception as error:  # whatever it is, the case has to know
                driver.save_screenshot(os.path.join(sys.argv[1], "failed.png"))
                print("failed", " ".join(str(error).split()), flush=True)
    finally:
        driver.quit()


main()
