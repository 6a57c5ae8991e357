"""The README's metrics are the service's."""

import re
from pathlib import Path

from opine_sentiment import metrics
from prometheus_client.metrics import MetricWrapperBase

README = Path(__file__).parents[3] / "services/sentiment/README.md"


def test_the_readme_lists_every_metric() -> None:
    ours = [metric for metric in vars(metrics).values() if isinstance(metric, MetricWrapperBase)]
    names = {family.name + "_total" * (family.type == "counter") for metric in ours for family in metric.describe()}
    assert len(names) == len(ours)
    assert set(re.findall(r"`(opine_sentiment_\w+)`", README.read_text())) == names
