"""The chart's dashboards and their queries."""

import re
from collections.abc import Iterator
from typing import Any

from tests.support.chart.rendering import CHART, Object

DASHBOARDS = sorted((CHART / "dashboards").glob("*.json"))
# What Grafana puts into a query, with a value that the variable may have.
VARIABLES = {"$__rate_interval": "5m", "$namespace": "opine-test", "$release": "opine", "$cluster": "opine-db"}


def panels(dashboard: Object) -> Iterator[Any]:
    return (panel for panel in dashboard["panels"] if panel["type"] != "row")


def queries(dashboard: Object) -> list[str]:
    """Its queries, of panels and of variables, as Prometheus gets them."""
    found = [target["expr"] for panel in panels(dashboard) for target in panel["targets"]]
    variables = [v["query"] for v in dashboard["templating"]["list"] if v["type"] == "query"]
    found += [re.fullmatch(r"label_values\((.+), \w+\)", query)[1] for query in variables]  # type: ignore[index]
    for name, value in VARIABLES.items():
        found = [query.replace(name, value) for query in found]
    return found
