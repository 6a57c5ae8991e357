"""What Helm prints after an installation."""

import json
import re

import pytest

from tests.support.chart.rendering import CHART, SHAPES, Object, deep, merged, templates

OFFLINE: Object = {"secrets": {"allowOfflineGeneration": True}}
MONITORED: Object = merged(OFFLINE, {"monitoring": {"enabled": True}})


def notes(values: Object) -> str:
    return templates(values=values)["opine/templates/NOTES.txt"]


def test_they_name_every_dashboard_and_the_runbooks() -> None:
    text = notes(merged(MONITORED, deep("monitoring.rules.runbooks", "https://wiki.example.org/opine/")))
    titles = [json.loads(file.read_text())["title"] for file in (CHART / "dashboards").glob("*.json")]
    assert all(title.removeprefix("Opine: ") in text for title in titles)
    assert "https://wiki.example.org/opine/README.md" in text
    assert "folder Opine" in text


@pytest.mark.parametrize(
    ("values", "gone"),
    [
        (deep("monitoring.rules.enabled", False), "Alerts"),
        (deep("monitoring.dashboards.enabled", False), "Grafana"),
        (deep("monitoring.enabled", False), "Grafana"),
    ],
)
def test_they_name_nothing_that_is_not_there(values: Object, gone: str) -> None:
    assert gone in notes(MONITORED)
    assert gone not in notes(merged(MONITORED, values))


def test_they_say_what_is_left_open() -> None:
    assert "monitoring.enabled is false" in notes(OFFLINE)
    assert "backup.enabled is false" in notes(OFFLINE)
    assert "is false" not in re.sub(r"database.*backup.*", "", notes(MONITORED))


@pytest.mark.parametrize("shape", SHAPES)
def test_they_have_no_holes(shape: str) -> None:
    text = templates(SHAPES[shape])["opine/templates/NOTES.txt"]
    assert "<no value>" not in text
    assert "\n\n\n" not in text
