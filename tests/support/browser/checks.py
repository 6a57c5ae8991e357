"""What must hold on any page."""

import json
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from selenium.webdriver import Chrome

_RUN_AXE = """
const done = arguments[arguments.length - 1];
axe.run(document, {resultTypes: ["violations"]})
  .then((found) => done(found.violations), (error) => done([{id: String(error)}]));
"""
_GRAVE = frozenset({"serious", "critical", None})


def accessibility_violations(driver: Chrome) -> list[str]:
    """Serious and critical findings of axe-core, one line each."""
    driver.execute_script(_axe())
    found: list[dict[str, Any]] = driver.execute_async_script(_RUN_AXE)
    return [
        f"{violation['id']}: {node['html'][:200]}"
        for violation in found
        if violation.get("impact") in _GRAVE
        for node in violation.get("nodes", [{"html": ""}])
    ]


@cache
def _axe() -> str:
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")


def console_errors(driver: Chrome) -> list[str]:
    entries: list[dict[str, str]] = driver.get_log("browser")  # type: ignore[no-untyped-call]
    return [entry["message"] for entry in entries if entry["level"] == "SEVERE"]


def foreign_requests(driver: Chrome, base_url: str) -> list[str]:
    """Addresses off our host that the browser asked for since the last call."""
    own = urlsplit(base_url).netloc
    entries: list[dict[str, Any]] = driver.get_log("performance")  # type: ignore[no-untyped-call]
    asked = [_requested(entry) for entry in entries]
    return [
        url for url in asked if urlsplit(url).scheme in {"http", "https", "ws", "wss"} and urlsplit(url).netloc != own
    ]


def _requested(entry: dict[str, Any]) -> str:
    message = json.loads(entry["message"])["message"]
    if message["method"] != "Network.requestWillBeSent":
        return ""
    return str(message["params"]["request"]["url"])


def overflow_px(driver: Chrome) -> int:
    """By how much the page is wider than its window."""
    script = "return document.documentElement.scrollWidth - document.documentElement.clientWidth;"
    return int(driver.execute_script(script))
