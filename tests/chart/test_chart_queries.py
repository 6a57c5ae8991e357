"""Every query of the dashboards has an answer, by Prometheus' own engine, where all metrics are there."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.support.chart.dashboards import DASHBOARDS, queries
from tests.support.chart.metrics import TARGET, exported, known
from tests.support.chart.rendering import Object
from tests.support.chart.rules import Promtool, rule_groups, write_rules

# Values that labels have; two where sums over them are asked for.
VALUES = {
    "agreement": ["same", "corrected", "none"],
    "alertstate": ["firing"],
    "alertname": ["OpineServiceDown"],
    "chosen": ["1", "5"],
    "cluster": ["opine-db"],
    "code": ["too_long", "invalid"],
    "datname": ["opine"],
    "deployment": ["opine-sentiment", "opine-reviews"],
    "horizontalpodautoscaler": ["opine-sentiment"],
    "kind": ["crawl", "discover", "rollback"],
    "label": ["good", "bad"],
    "le": ["0.1", "0.3", "+Inf"],
    "method": ["POST"],
    "model_version": ["1.0.0", "1.1.0"],
    "name": ["max_connections"],
    "outcome": ["completed", "blocked", "compared"],
    "persistentvolumeclaim": ["opine-db-1", "opine-db-1-wal"],
    "reason": ["deadline", "queue_full"],
    "resource": ["memory"],
    "route": ["/api/v1/predictions", "/api/v1/reviews"],
    "status": ["201", "503"],
    "suggested": ["1", "5"],
    "state": ["idle", "active"],
    "usename": ["opine", "postgres"],
    "value": ["ready"],
    "what": ["label", "stars"],
}
JOBS = {
    "opine_sentiment": ["sentiment"],
    "opine_reviews": ["reviews"],
    "opine_scrape": ["reviews"],
    "opine_release": ["reviews"],
    "opine_training": ["reviews"],
}
ALL_JOBS = ["sentiment", "reviews", "frontend"]
# A query may look back a day and a bit.
MINUTES = 26 * 60
SAMPLES = MINUTES // 2


def targets(name: str) -> Iterator[dict[str, str]]:
    """Two pods of each job that exports it."""
    prefix = "_".join(name.split("_")[:2])
    if name.startswith("cnpg_pgbouncer"):
        pods = [("pgbouncer", f"opine-db-pooler-{number}") for number in (1, 2)]
    elif prefix.startswith(("cnpg", "barman")):
        pods = [("postgres", f"opine-db-{number}") for number in (1, 2)]
    else:
        jobs = JOBS.get(prefix, ALL_JOBS)
        pods = [(job, f"opine-{job}-{number}") for job in jobs for number in (1, 2)]
    for container, pod in pods:
        yield {"namespace": "opine-test", "job": f"opine-{container}", "container": container, "pod": pod}


def series(name: str, labels: set[str]) -> Iterator[str]:
    own = sorted(label for label in labels - TARGET if label in VALUES)
    for target in targets(name):
        for values in itertools.product(*(VALUES[label] for label in own)):
            every = target | dict(zip(own, values, strict=True))
            yield name + "{" + ", ".join(f'{label}="{value}"' for label, value in every.items()) + "}"


def values(name: str, one: str) -> str:
    """An instance of PostgreSQL is the primary and the other one is not; what counts grows."""
    if name in {"up", "ALERTS"}:
        return f"1+0x{SAMPLES}"
    if name == "cnpg_pg_replication_in_recovery":
        return f"0+0x{SAMPLES}" if "opine-db-1" in one else f"1+0x{SAMPLES}"
    return f"1+2x{SAMPLES}"


@pytest.fixture
def story(rendered: dict[str, list[Object]], tmp_path: Path) -> Path:
    """A day in which every metric is exported, and what the rules record of it."""
    write_rules(rendered["production"], tmp_path / "rules")
    asked = {query: file.stem for file in DASHBOARDS for query in queries(json.loads(file.read_text()))}
    checks = [
        {"expr": f"count({query}) >= bool 1", "eval_time": f"{MINUTES}m", "exp_samples": [{"labels": "{}", "value": 1}]}
        for query in asked
    ]
    inputs = [
        {"series": one, "values": values(name, one)} for name, labels in known().items() for one in series(name, labels)
    ]
    test = {"interval": "2m", "input_series": inputs, "promql_expr_test": checks}
    recording = [name for name in rule_groups(rendered["production"]) if name.startswith("slo_")]
    document = {
        "rule_files": [f"rules/{name}.yaml" for name in recording],
        "evaluation_interval": "5m",
        "tests": [test],
    }
    file = tmp_path / "queries.yaml"
    file.write_text(yaml.safe_dump(document))
    return file


def test_every_query_has_an_answer(promtool: Promtool, story: Path) -> None:
    done = promtool("test", "rules", story.name, cwd=story.parent)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_query_without_an_answer_is_found(promtool: Promtool, story: Path) -> None:
    document = yaml.safe_load(story.read_text())
    (test,) = document["tests"]
    test["input_series"] = [one for one in test["input_series"] if not one["series"].startswith("cnpg_collector_up")]
    story.write_text(yaml.safe_dump(document))
    assert promtool("test", "rules", story.name, cwd=story.parent).returncode


def test_the_story_has_every_metric_of_the_services() -> None:
    assert all(list(series(name, labels)) for name, labels in exported().items())
