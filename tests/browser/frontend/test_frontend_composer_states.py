"""The composer's states: every one that two texts lead to keeps the promises, and the README lists all transitions."""

import re
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome

from tests.support import ROOT

FRONTEND = ROOT / "services/frontend"
SOURCE = (FRONTEND / "src/opine_frontend/assets/js/composer_state.js").read_text()
EXPLORE = Path(__file__).with_name("every_state.js").read_text()
ROW = re.compile(r"^\| `(\w+)` \| (.+) \| `(\w+)` \|$", re.MULTILINE)

Transition = tuple[str, str, str]


def explore(driver: Chrome, source: str) -> dict[str, Any]:
    found: dict[str, Any] = driver.execute_script(f"{source}\n{EXPLORE}")
    return found


def documented(heading: str) -> set[Transition]:
    (table,) = re.findall(
        rf"^\| {heading} \|.*?(?=\n\n)", (FRONTEND / "README.md").read_text(), re.MULTILINE | re.DOTALL
    )
    return {
        (origin, event, target)
        for origin, events, target in ROW.findall(table)
        for event in re.findall(r"`(\w+)`", events)
    }


def test_every_state_keeps_the_promises(driver: Chrome) -> None:
    found = explore(driver, SOURCE)
    assert found["broken"] == []
    assert found["states"] > 1000


@pytest.mark.parametrize("part", ["attempt", "proposal"])
def test_the_readme_lists_every_transition(driver: Chrome, part: str) -> None:
    found = explore(driver, SOURCE)["transitions"][part]
    assert documented(part) == {(origin, event, target) for origin, event, target in found}


@pytest.mark.parametrize(
    ("correct", "wrong"),
    [
        ('proposal.phase === "shown" ? proposal.prediction.stars : null', "proposal.prediction?.stars ?? null"),
        ("if (prediction.stars !== state.attempt.seen)", "if (false)"),
        ("if (text !== words(state.text))", "if (false)"),
        ("&& choice === attempt.choice", ""),
    ],
    ids=["stars of other words", "stars that nobody saw", "a late answer", "a choice that was changed"],
)
def test_a_broken_promise_is_found(driver: Chrome, correct: str, wrong: str) -> None:
    assert correct in SOURCE
    assert explore(driver, SOURCE.replace(correct, wrong))["broken"]
