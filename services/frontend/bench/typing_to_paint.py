"""From the last key to the painted sentiment bar, in a real browser, for one typist and for many at once.

Usage: python services/frontend/bench/typing_to_paint.py http://127.0.0.1:8050 [--typists 20] [--pauses 100] [--attack]

The page is a running Opine's (`make run`). One typist sits in headless Chromium and is measured from the input event to
the frame after the bar has changed; the others pause as often and ask the page's `/predict` route for the same texts.
With `--attack` somebody else holds 1,000 idle connections and 16 half requests, sends bodies of 300 MB and submits
reviews without a pause meanwhile. On this machine each comes from an address of their own, 127.0.0.3 and on: answers
are limited by client, and twenty typists at one address would be refused after half a minute.

Needs Selenium, Chromium and ChromeDriver, as the browser tests do.
"""

import argparse
import http.client
import itertools
import json
import socket
import statistics
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from uuid import uuid4

from selenium.common.exceptions import TimeoutException, WebDriverException
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.wait import WebDriverWait

PAUSE_S = 0.6
# Longer than any answer may take.
PATIENCE_S = 10
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

READY = 'return Boolean(window.opine?.PREDICT_DEBOUNCE_MS && document.getElementById("review"));'
STATE = """
const shown = ["composer-notice", "composer-status", "rating-source"];
return shown.map((id) => document.getElementById(id)?.textContent).join(" ");
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
        WebDriverWait(driver, PATIENCE_S).until(lambda page: page.execute_script(READY))
        debounce_ms = driver.execute_script("return window.opine.PREDICT_DEBOUNCE_MS")
        # Never the same kind twice, from one measurement to the next either: the bar would not change.
        texts = (KINDS[n % 2].format(n=n) for n in itertools.count())
        measured(driver, texts, 10)
        print(f"debounce {debounce_ms} ms, not counted below; {options.pauses} pauses each")
        report("1 typist", measured(driver, texts, options.pauses), debounce_ms)
        with others(options.url, options.typists - 1) as answers:
            report(f"{options.typists} typists", measured(driver, texts, options.pauses), debounce_ms)
            if options.attack:
                with attack(options.url, options.typists + 1) as attempts:
                    report(f"{options.typists} typists, attacked", measured(driver, texts, options.pauses), debounce_ms)
                print(listed(attempts))
        if options.typists > 1:
            print(f"the other typists' answers: {listed(answers)}")


@dataclass
class Measured:
    """Milliseconds from the input event to the frame after the bar changed, and why it did not, with how often."""

    times_ms: list[float] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)


def measured(driver: Chrome, texts: Iterator[str], pauses: int) -> Measured:
    found = Measured()
    for text in itertools.islice(texts, pauses):
        try:
            found.times_ms.append(float(driver.execute_async_script(MEASURE, text)))
        except TimeoutException:
            found.failures[f"no change within {PATIENCE_S} s, page says {shown_state(driver)!r}"] += 1
        except WebDriverException as error:
            found.failures[str(error.msg or type(error).__name__).splitlines()[0]] += 1
        time.sleep(PAUSE_S / 2)
    return found


def shown_state(driver: Chrome) -> str:
    """What the composer tells a person."""
    with suppress(WebDriverException):
        return " ".join(str(driver.execute_script(STATE)).split())
    return "nothing: the browser does not answer"


@contextmanager
def others(url: str, count: int) -> Iterator[Counter[str]]:
    """Typists who pause every `PAUSE_S` seconds, each at a time of their own; what they were answered."""
    stopped = threading.Event()
    answers: Counter[str] = Counter()

    def typist(number: int) -> None:
        time.sleep(PAUSE_S * number / max(count, 1))
        n = number
        while not stopped.wait(PAUSE_S):
            n += 1
            body = json.dumps({"text": KINDS[n % 2].format(n=n)}).encode()
            answers[post(url, "/predict", body, number + 2)] += 1

    threads = [threading.Thread(target=typist, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    time.sleep(2 * PAUSE_S)
    try:
        yield answers
    finally:
        stopped.set()
        for thread in threads:
            thread.join()


@contextmanager
def attack(url: str, place: int) -> Iterator[dict[str, int]]:
    """Everything at once, until the end of the block; how often each was tried."""
    host, port = urlsplit(url).hostname, urlsplit(url).port
    attempts = {"idle connections": 1000, "half requests": 16, "bodies of 300 MB": 0, "reviews": 0}
    stopped = threading.Event()

    def body_of_300_mb() -> None:
        attempts["bodies of 300 MB"] += 1
        # Refused, it is tried again.
        with suppress(OSError), socket.create_connection((host, port), 5, source(host, place)) as connection:
            connection.sendall(
                b"POST /_dash-update-component HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 300000000\r\n\r\n"
            )
            for _ in range(300):
                connection.sendall(bytes(1_000_000))

    def review() -> None:
        attempts["reviews"] += 1
        written = {"brand": "accor", "text": str(uuid4()), "stars": 1}
        body = json.dumps({"key": str(uuid4()), "review": written}).encode()
        post(url, "/submit", body, place)  # most are refused

    def again(act: Callable[[], None]) -> None:
        while not stopped.is_set():
            act()

    with ExitStack() as connections:
        for number in range(attempts["idle connections"] + attempts["half requests"]):
            connection = connections.enter_context(socket.create_connection((host, port), 30, source(host, place)))
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


def post(url: str, path: str, body: bytes, place: int) -> str:
    """What a client at a place of its own was answered: a status, or why there was none."""
    host, port = urlsplit(url).hostname or "", urlsplit(url).port
    connection = http.client.HTTPConnection(host, port, timeout=30, source_address=source(host, place))
    try:
        connection.request("POST", path, body, {"Content-Type": "application/json", "Origin": url})
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__
    else:
        return str(answer.status)
    finally:
        connection.close()


def source(host: str | None, place: int) -> tuple[str, int] | None:
    """An address of this machine for each place; elsewhere all have the one that the network gives."""
    return (f"127.0.{place // 250}.{place % 250 + 1}", 0) if host == "127.0.0.1" else None


def report(who: str, found: Measured, debounce_ms: float) -> None:
    beyond = sorted(time_ms - debounce_ms for time_ms in found.times_ms)
    if len(beyond) > 1:
        p95 = statistics.quantiles(beyond, n=20)[-1]
        print(f"{who}: p50 {statistics.median(beyond):.0f} ms, p95 {p95:.0f} ms beyond the debounce")
    if found.failures:
        print(f"{who}: not painted: {listed(found.failures)}")


def listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} x {what}" for what, count in counts.items())


@contextmanager
def chromium() -> Iterator[Chrome]:
    with tempfile.TemporaryDirectory() as profile:
        options = ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        driver = Chrome(options=options, service=Service("/usr/bin/chromedriver"))
        driver.set_script_timeout(PATIENCE_S)
        try:
            yield driver
        finally:
            driver.quit()


if __name__ == "__main__":
    main()
