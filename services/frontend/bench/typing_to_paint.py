"""From the last key to the painted sentiment bar, in a real browser, for one typist and for many at once.

Usage: python services/frontend/bench/typing_to_paint.py http://127.0.0.1:8050 [--typists 20] [--pauses 100] [--attack]

The page is a running Opine's (`make run`). One typist sits in headless Chromium and is measured from the input event to
the frame after the bar has changed; the others pause as often and ask the page's `/predict` route for the same texts.
With `--attack` somebody else holds 1,000 idle connections and 16 half requests, sends bodies of 300 MB and submits
reviews without a pause meanwhile.
Needs Selenium, Chromium and ChromeDriver, as the browser tests do.
"""

import argparse
import json
import socket
import statistics
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from urllib.parse import urlsplit
from uuid import uuid4

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

PAUSE_S = 0.6
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync")
KINDS = (
    "What a wonderful place: friendly people, quick delivery and a fair price. I will come back. Visit {n}.",
    "Never again: the parcel came late, it was broken and nobody answered my letters. Order {n}.",
)
MEASURE = """
const [text, done] = arguments;
const field = document.getElementById("review"), shown = document.getElementById("proba");
const before = shown.textContent, started = performance.now();
const observer = new MutationObserver(() => {
  if (shown.textContent === before) return;
  observer.disconnect();
  requestAnimationFrame(() => setTimeout(() => done(performance.now() - started)));
});
observer.observe(shown, {childList: true, characterData: true, subtree: true});
field.value = text;
field.dispatchEvent(new InputEvent("input", {bubbles: true}));
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--typists", type=int, default=20)
    parser.add_argument("--pauses", type=int, default=100, help="measured pauses of each kind")
    parser.add_argument(
        "--attack", action="store_true", help="measure the typists once more beside an attack; stores reviews"
    )
    options = parser.parse_args()
    with chromium() as driver:
        driver.get(options.url)
        time.sleep(2)
        debounce_ms = driver.execute_script("return window.opine.PREDICT_DEBOUNCE_MS")
        measured(driver, 10)
        print(f"debounce {debounce_ms} ms, not counted below; {options.pauses} pauses each")
        report("1 typist", measured(driver, options.pauses), debounce_ms)
        with others(options.url, options.typists - 1):
            report(f"{options.typists} typists", measured(driver, options.pauses), debounce_ms)
            if options.attack:
                with attack(options.url) as attempts:
                    report(f"{options.typists} typists, attacked", measured(driver, options.pauses), debounce_ms)
                print(", ".join(f"{count} {what}" for what, count in attempts.items()))


def measured(driver: Chrome, pauses: int) -> list[float]:
    """Milliseconds from the input event to the frame after the bar changed."""
    times = []
    for n in range(pauses):
        times.append(float(driver.execute_async_script(MEASURE, KINDS[n % 2].format(n=n))))
        time.sleep(PAUSE_S / 2)
    return times


@contextmanager
def others(url: str, count: int) -> Iterator[None]:
    """Typists who pause every `PAUSE_S` seconds, each at a time of their own."""
    stopped = threading.Event()

    def typist(number: int) -> None:
        time.sleep(PAUSE_S * number / max(count, 1))
        n = number
        while not stopped.wait(PAUSE_S):
            n += 1
            body = json.dumps({"text": KINDS[n % 2].format(n=n)}).encode()
            headers = {"Content-Type": "application/json", "Origin": url}
            with urllib.request.urlopen(urllib.request.Request(f"{url}/predict", body, headers), timeout=30) as answer:  # noqa: S310  our own page
                answer.read()

    threads = [threading.Thread(target=typist, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    time.sleep(2 * PAUSE_S)
    try:
        yield
    finally:
        stopped.set()
        for thread in threads:
            thread.join()


@contextmanager
def attack(url: str) -> Iterator[dict[str, int]]:
    """Everything at once, until the end of the block; how often each was tried."""
    host, port = urlsplit(url).hostname, urlsplit(url).port
    attempts = {"idle connections": 1000, "half requests": 16, "bodies of 300 MB": 0, "reviews": 0}
    stopped = threading.Event()

    def body_of_300_mb() -> None:
        attempts["bodies of 300 MB"] += 1
        with socket.create_connection((host, port), timeout=5) as connection, suppress(OSError):
            connection.sendall(
                b"POST /_dash-update-component HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 300000000\r\n\r\n"
            )
            for _ in range(300):
                connection.sendall(bytes(1_000_000))

    def review() -> None:
        attempts["reviews"] += 1
        written = {"brand": "accor", "text": str(uuid4()), "stars": 1}
        body = json.dumps({"key": str(uuid4()), "review": written}).encode()
        headers = {"Content-Type": "application/json", "Origin": url}
        with suppress(urllib.error.HTTPError):  # most are refused
            urllib.request.urlopen(urllib.request.Request(f"{url}/submit", body, headers), timeout=30).close()  # noqa: S310

    def again(act: Callable[[], None]) -> None:
        while not stopped.is_set():
            act()

    with ExitStack() as connections:
        for number in range(attempts["idle connections"] + attempts["half requests"]):
            connection = connections.enter_context(socket.create_connection((host, port)))
            if number >= attempts["idle connections"]:
                connection.sendall(b"POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{")
        threads = [threading.Thread(target=again, args=(act,)) for act in (body_of_300_mb, review)]
        for thread in threads:
            thread.start()
        try:
            yield attempts
        finally:
            stopped.set()
            for thread in threads:
                thread.join()


def report(who: str, times_ms: list[float], debounce_ms: float) -> None:
    beyond = sorted(time_ms - debounce_ms for time_ms in times_ms)
    p95 = statistics.quantiles(beyond, n=20)[-1]
    print(f"{who}: p50 {statistics.median(beyond):.0f} ms, p95 {p95:.0f} ms beyond the debounce")


@contextmanager
def chromium() -> Iterator[Chrome]:
    with tempfile.TemporaryDirectory() as profile:
        options = ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        driver = Chrome(options=options, service=Service("/usr/bin/chromedriver"))
        try:
            yield driver
        finally:
            driver.quit()


if __name__ == "__main__":
    main()
