"""Whatever rules, dashboards and documents ask for is exported: by a service, or by a third party that is named."""

import json
import re
import subprocess
import sys
from typing import Any, get_args

import pytest
import yaml
from opine_common.http_metrics import DURATION
from opine_sentiment.batching.work import RejectReason

from tests.support import ROOT
from tests.support.chart.dashboards import DASHBOARDS, panels, queries
from tests.support.chart.metrics import THIRD_PARTIES, Asked, asked, exported, known, named_in
from tests.support.chart.rendering import CHART, Object
from tests.support.chart.rules import rules

DOCUMENTS = sorted([*ROOT.glob("docs/**/*.md"), *ROOT.glob("services/*/README.md"), ROOT / "charts/README.md.template"])


@pytest.fixture(scope="module")
def everything(rendered: dict[str, list[Object]]) -> list[Object]:
    return rendered["production"]


@pytest.fixture(scope="module")
def series(everything: list[Object]) -> dict[str, set[str]]:
    """Also what the rules record; a recorded series has the labels that it is grouped by."""
    recorded = {rule["record"]: {"namespace", "job"} for rule in rules(everything) if "record" in rule}
    return known() | recorded


@pytest.fixture(scope="module")
def all_asked(everything: list[Object]) -> list[Asked]:
    exprs = [rule["expr"] for rule in rules(everything)]
    exprs += [query for file in DASHBOARDS for query in queries(json.loads(file.read_text()))]
    return [one for expr in exprs for one in asked(expr)]


def unknown(one: Asked, series: dict[str, set[str]]) -> set[str]:
    """What of it nobody exports."""
    if one.name not in series:
        return {one.name}
    return {f"{one.name}: {label}" for label in one.labels.keys() - series[one.name]}


def test_what_rules_and_dashboards_ask_for_is_exported(all_asked: list[Asked], series: dict[str, set[str]]) -> None:
    assert {fault for one in all_asked for fault in unknown(one, series)} == set()


def test_what_nobody_exports_is_found(series: dict[str, set[str]]) -> None:
    for expr in ("rate(opine_sentiment_shed_total[5m])", 'opine_sentiment_queue_rows{queue="a"}', "cnpg_nonsense"):
        assert [fault for one in asked(expr) for fault in unknown(one, series)], expr


def test_the_values_of_labels_are_ones_that_occur(all_asked: list[Asked]) -> None:
    contracts = (ROOT / "docs/contracts.md").read_text()
    reasons = set(get_args(RejectReason))
    assert {"route", "reason"} <= {label for one in all_asked for label in one.labels}
    for one in all_asked:
        if one.name == "opine_sentiment_rejected_total" and "reason" in one.labels:
            assert set(one.labels["reason"].split("|")) <= reasons
        for route in filter(None, one.labels.get("route", "").split("|")):
            assert f"`{one.labels['method']} {route}`" in contracts, route


def test_the_promised_duration_is_a_bucket(all_asked: list[Asked]) -> None:
    DURATION.labels("test", "/", "GET").observe(0)
    (family,) = DURATION.collect()
    buckets = {sample.labels["le"] for sample in family.samples if "le" in sample.labels}
    wanted = {one.labels["le"] for one in all_asked if "le" in one.labels}
    assert wanted
    assert wanted <= buckets


def test_third_parties_are_named_for_what_is_used(all_asked: list[Asked]) -> None:
    names = {one.name for one in all_asked}
    unused = {name for metrics in THIRD_PARTIES.values() for name in metrics} - names
    assert unused == set()


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_what_documents_name_is_exported(series: dict[str, set[str]], file: Any) -> None:  # noqa: ANN401  a path
    assert named_in(file.read_text()) - series.keys() - {family(name) for name in series} == set()


def test_a_wrong_name_in_prose_is_found() -> None:
    assert named_in("`opine_sentiment_shed_total` of opine_sentiment") == {"opine_sentiment_shed_total"}


def family(name: str) -> str:
    return re.sub(r"_(bucket|sum|count)$", "", name)


def test_every_metric_of_the_services_is_shown_or_watched(all_asked: list[Asked]) -> None:
    """But when a run of the scraping ended at all: when one succeeded is what matters."""
    left = {family(name) for name in exported()} - {family(one.name) for one in all_asked}
    assert left == {"opine_scrape_last_run_timestamp_seconds"}


def test_dashboards_have_what_a_reader_needs() -> None:
    uids = [json.loads(file.read_text())["uid"] for file in DASHBOARDS]
    assert len(set(uids)) == len(DASHBOARDS) == 4
    for file in DASHBOARDS:
        dashboard = json.loads(file.read_text())
        variables = {variable["name"] for variable in dashboard["templating"]["list"]}
        used = set(re.findall(r"\$([a-z]\w*)", json.dumps(dashboard)))
        assert used <= variables
        assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
        for panel in panels(dashboard):
            assert len(panel["description"]) > 10, panel["title"]
            assert panel["type"] == "table" or panel["fieldConfig"]["defaults"]["unit"], panel["title"]
            assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24


def test_dashboards_are_current() -> None:
    done = subprocess.run(
        [sys.executable, "charts/dashboards", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_thresholds_of_dashboards_and_alerts_are_one() -> None:
    """The budgets and the burn rate that wakes somebody."""
    overview = (CHART / "dashboards/overview.json").read_text()
    for name, budget in (("predictions", "0.01"), ("reviews", "0.001")):
        alerts = (CHART / f"prometheus_rules/slo_{name}.yaml").read_text()
        factors = re.findall(r"> ([\d.]+) \* ([\d.]+) \*", alerts)
        assert {found for _, found in factors} == {budget}
        assert f"opine:{name}:rate5m{{" in overview
        assert f"/ {budget}" in overview
        assert max(float(factor) for factor, _ in factors) == 14.4
    assert '"value": 14.4' in overview


def test_rendered_dashboards_are_the_files(everything: list[Object]) -> None:
    found = {
        name: text
        for an_object in everything
        if an_object["kind"] == "ConfigMap" and "dashboard" in an_object["metadata"]["name"]
        for name, text in an_object["data"].items()
    }
    assert found.keys() == {file.name for file in DASHBOARDS}
    for file in DASHBOARDS:
        assert json.loads(found[file.name]) == json.loads(file.read_text())
        assert len(found[file.name]) < 1_000_000, "a ConfigMap has at most a mebibyte"
    assert yaml.safe_load((CHART / "values.yaml").read_text())["monitoring"]["dashboards"]["enabled"]
