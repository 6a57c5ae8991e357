"""Alerts fire when they should and only then, and each has a runbook."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support import ROOT
from tests.support.chart.rendering import CHART, SHAPES, Object, RefusedError, deep, manifest, merged, render
from tests.support.chart.rules import Promtool, rule_groups, rules, write_rules
from tests.support.chart.workloads import name_of

ALERTS = Path(__file__).parent / "alerts"
RUNBOOKS = ROOT / "docs/runbooks"


@pytest.fixture(scope="module")
def everything(rendered: dict[str, list[Object]]) -> list[Object]:
    return rendered["production"]


@pytest.fixture
def folder(everything: list[Object], tmp_path: Path) -> Path:
    """The stories beside the rules."""
    copy = shutil.copytree(ALERTS, tmp_path / "alerts")
    write_rules(everything, copy / "rules")
    return copy


def alert_names(objects: list[Object]) -> set[str]:
    return {rule["alert"] for rule in rules(objects) if "alert" in rule}


def test_the_rules_are_valid(promtool: Promtool, folder: Path) -> None:
    done = promtool("check", "rules", *map(str, (folder / "rules").iterdir()), cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("story", sorted(ALERTS.iterdir()), ids=lambda file: file.stem)
def test_alerts_fire_when_they_should_and_only_then(promtool: Promtool, folder: Path, story: Path) -> None:
    done = promtool("test", "rules", story.name, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [("sentiment", "> 0.2", "> 2"), ("pods", "== 0", "== 1"), ("postgresql", "for: 1m", "for: 1h")],
)
def test_a_wrong_threshold_is_found(promtool: Promtool, folder: Path, file: str, before: str, after: str) -> None:
    rule_file = folder / f"rules/{file}.yaml"
    text = rule_file.read_text()
    assert before in text
    rule_file.write_text(text.replace(before, after))
    assert promtool("test", "rules", f"{file}.yaml", cwd=folder).returncode


def told(checks: list[Object]) -> set[str]:
    """The alerts that these checks look for."""
    names = re.findall(r'alertname=~?"([^"]+)"', " ".join(check["expr"] for check in checks))
    return {alert for name in names for alert in names_that_match(name)}


def names_that_match(pattern: str) -> set[str]:
    known = re.findall(r"alert: (\w+)", "".join(file.read_text() for file in CHART.glob("prometheus_rules/*.yaml")))
    return {name for name in known if re.fullmatch(pattern, name)}


def test_every_alert_has_a_story_that_it_tells_and_one_that_it_does_not(everything: list[Object]) -> None:
    tests = [test for file in ALERTS.iterdir() for test in yaml.safe_load(file.read_text())["tests"]]
    checks = [check for test in tests for check in test["promql_expr_test"]]
    firing, quiet = [c for c in checks if c["exp_samples"]], [c for c in checks if not c["exp_samples"]]
    assert alert_names(everything) == told(firing) == told(quiet)


def test_every_alert_says_who_is_woken_and_what_is_wrong(everything: list[Object]) -> None:
    for rule in rules(everything):
        if "alert" in rule:
            assert rule["labels"]["severity"] in {"critical", "warning"}, rule["alert"]
            assert rule["annotations"].keys() == {"summary", "description", "runbook_url"}, rule["alert"]


def test_rules_look_at_this_release_alone(everything: list[Object]) -> None:
    text = yaml.safe_dump(rule_groups(everything), width=1000)
    assert "@" not in text, "a placeholder is left"
    other = yaml.safe_dump(rule_groups(render(SHAPES["production"], release="shop")), width=1000)
    assert 'job=\\"shop-opine-reviews\\"' in other or 'job="shop-opine-reviews"' in other
    assert not re.search(r'(job|pod|deployment)=~?\\?"opine', other)
    for rule in rules(everything):
        selectors = re.findall(r"\{([^{}]*)\}", rule["expr"])
        assert selectors, rule
        assert all("namespace=" in selector for selector in selectors), rule["expr"]


@pytest.mark.parametrize(
    ("values", "gone"),
    [
        ({}, {"OpineScrapingStale", "OpineScrapingBlocked", "OpineBackupOld"}),
        (
            {"database": {"type": "external", "external": {"host": "db", "existingSecret": "a"}}},
            {"OpinePostgreSQLNoPrimary", "OpinePoolerWaiting", "OpineBackupOld", "OpineScrapingStale"},
        ),
        (
            deep("monitoring.rules.exclude", ["OpineServiceDown", "OpineMigrationFailed"]),
            {"OpineServiceDown", "OpineMigrationFailed"},
        ),
        (deep("reviews.reading.enabled", False), {"OpineModelDrifts", "OpineWordsTurned", "OpineDriftNotMeasured"}),
        (deep("monitoring.rules.enabled", False), {"OpineServiceDown"}),
        (deep("monitoring.enabled", False), {"OpineServiceDown"}),
    ],
)
def test_what_is_not_there_or_not_wanted_has_no_alert(everything: list[Object], values: Object, gone: set[str]) -> None:
    given = {"secrets": {"allowOfflineGeneration": True}, "monitoring": {"enabled": True}}
    left = alert_names(render(values=merged(given, values)))
    assert not left & gone
    assert gone <= alert_names(everything)


def test_only_an_alert_that_is_there_can_be_left_out(everything: list[Object]) -> None:
    schema = json.loads((CHART / "values.schema.json").read_text())
    assert set(schema["$defs"]["alerts"]["items"]["enum"]) == alert_names(everything)
    with pytest.raises(RefusedError, match=r"exclude/0.: value must be one of"):
        manifest(values=deep("monitoring.rules.exclude", ["OpineServiceDwon"]))


def test_links_lead_to_the_runbooks_where_they_are_read(everything: list[Object]) -> None:
    there = merged(deep("monitoring.rules.runbooks", "https://wiki.example.org/opine/"))
    for objects, base in (
        (everything, "docs/runbooks"),
        (render(SHAPES["production"], values=there), "https://wiki.example.org/opine"),
    ):
        for rule in rules(objects):
            if "alert" in rule:
                assert rule["annotations"]["runbook_url"] == f"{base}/{rule['alert']}.md"


def test_every_alert_has_a_runbook_and_every_runbook_an_alert(everything: list[Object]) -> None:
    assert {file.stem for file in RUNBOOKS.glob("Opine*.md")} == alert_names(everything)


def shape_of(runbook: str) -> dict[str, Any]:
    parts = re.split(r"^## (.+)\n", runbook, flags=re.MULTILINE)
    commands = re.search(r"```sh\n(.*?)```", runbook, re.DOTALL)
    return {
        "sections": parts[1::2],
        "empty": [title for title, text in zip(parts[1::2], parts[2::2], strict=True) if not text.strip()],
        "commands": commands[1].splitlines() if commands else [],
        "fires": " ".join(parts[0].split("\n", 1)[1].split()),
    }


@pytest.mark.parametrize("file", sorted(RUNBOOKS.glob("Opine*.md")), ids=lambda file: file.stem)
def test_a_runbook_says_what_a_tired_person_needs(everything: list[Object], file: Path) -> None:
    summaries = {rule["annotations"]["summary"] for rule in rules(everything) if rule.get("alert") == file.stem}
    found = shape_of(file.read_text())
    assert file.read_text().startswith(f"# {file.stem}\n")
    assert found["sections"] == ["For users", "First", "Likely causes", "Do not"]
    assert found["empty"] == []
    assert len(found["commands"]) == 3
    assert {found["fires"]} == summaries, "the runbook and the alert name other thresholds"


OBJECT = re.compile(r"\b(deployment|cluster|cronjobs?|networkpolicy|service)[/ ](opine-[a-z0-9-]+)")
KINDS = {"cronjobs": "cronjob"}


def test_the_objects_that_runbooks_name_are_there(everything: list[Object]) -> None:
    there = {name_of(an_object).lower() for an_object in everything}
    labels = {label for an_object in everything for label in an_object["metadata"]["labels"].items()}
    seen = 0
    for file in RUNBOOKS.glob("Opine*.md"):
        for kind, name in OBJECT.findall(file.read_text()):
            assert f"{KINDS.get(kind, kind)}/{name}" in there, f"{file.name}: {kind} {name}"
            seen += 1
        for value in re.findall(r"app\.kubernetes\.io/component=(\w+)", file.read_text()):
            assert ("app.kubernetes.io/component", value) in labels, f"{file.name}: {value}"
    assert seen > 10


def test_the_list_of_runbooks_is_current(everything: list[Object]) -> None:
    listed = dict(
        re.findall(r"^\| \[(\w+)\]\(\1\.md\) \| [\w ]+ \| (.+) \|$", (RUNBOOKS / "README.md").read_text(), re.MULTILINE)
    )
    assert listed == {rule["alert"]: rule["annotations"]["summary"] for rule in rules(everything) if "alert" in rule}
