"""What the README says of settings, commands and metrics."""

import re

import pytest
from opine_reviews import metrics
from opine_reviews.cli import main
from opine_reviews.drift.metrics import families
from opine_reviews.metrics import FAILED_PREDICTIONS, REJECTED_PREDICTIONS, SUBMITTED
from opine_reviews.settings import Settings
from prometheus_client import Counter, Gauge
from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from tests.support import ROOT

README = (ROOT / "services/reviews/README.md").read_text()
SETTING = re.compile(r"^\| `([A-Z_]+)` \| (.*?) \| (.*?) \|$", re.MULTILINE)
COMMAND = re.compile(r"^\| `opine-reviews ([a-z-]+)", re.MULTILINE)
DRIFT_METRIC = re.compile(r"^\| `(opine_drift_\w+)` \| (.*?) ?\|$", re.MULTILINE)
RUN_METRIC = re.compile(r"^\| `(opine_(?:scrape|release|training)_\w+)` \| (.*?) ?\|$", re.MULTILINE)
METRIC = re.compile(r"^\| `(opine_\w+_total)` \| (.*?) \|$", re.MULTILINE)


def _default(field: FieldInfo) -> str:
    value = field.default
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    return "" if value in (PydanticUndefined, None) else str(value)


def test_the_readme_lists_every_setting_with_its_default() -> None:
    """Those that must be given come first."""
    documented = [(name, default.strip("`"), meaning) for name, default, meaning in SETTING.findall(README)]
    assert documented == [
        (str(field.validation_alias or f"OPINE_REVIEWS_{name.upper()}"), _default(field), field.description)
        for name, field in sorted(Settings.model_fields.items(), key=lambda named: not named[1].is_required())
    ]


def test_the_readme_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    known = re.search(r"\{(.+?)\}", capsys.readouterr().out)
    assert known is not None
    assert COMMAND.findall(README) == known[1].split(",")


@pytest.mark.parametrize("counter", [SUBMITTED, FAILED_PREDICTIONS, REJECTED_PREDICTIONS])
def test_the_readme_names_every_metric_with_its_labels(counter: Counter) -> None:
    documented = dict(METRIC.findall(README))
    (described,) = counter.describe()
    assert len(documented) == 3
    labels = re.findall(r"`(\w+)`", re.sub(r":[^|]*", "", documented[f"{described.name}_total"]))
    # The client refuses labels that are not the counter's.
    counter.labels(**dict.fromkeys(labels, "of the readme"))
    counter.remove(*["of the readme"] * len(labels))


def test_the_readme_names_every_metric_of_the_runs_with_its_labels() -> None:
    documented = dict(RUN_METRIC.findall(README))
    gauges = {next(iter(gauge.describe())).name: gauge for gauge in vars(metrics).values() if isinstance(gauge, Gauge)}
    assert documented.keys() == gauges.keys()
    for name, gauge in gauges.items():
        labels = [label for label in re.findall(r"`(\w+)`", documented[name]) if label in {"kind", "outcome", "reason"}]
        if labels:
            gauge.labels(**dict.fromkeys(labels, "of the readme"))
            gauge.remove(*["of the readme"] * len(labels))


def test_the_readme_names_every_metric_of_drift_with_its_labels() -> None:
    documented = {
        name: re.findall(r"`(\w+)`", re.sub(r":[^;|]*", "", labels)) for name, labels in DRIFT_METRIC.findall(README)
    }
    assert documented == {family.name: list(family._labelnames) for family in families(None)}  # noqa: SLF001  no sample
