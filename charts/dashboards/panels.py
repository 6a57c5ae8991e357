"""The words in which the dashboards are written: panels of Prometheus queries, and whose series they ask for."""

from collections.abc import Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import common, prometheus, stat, table, timeseries
from grafana_foundation_sdk.builders.dashboard import (
    Dashboard,
    DashboardLink,
    DatasourceVariable,
    QueryVariable,
    Row,
    ThresholdsConfig,
)
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models.common import (
    GraphThresholdsStyleMode,
    LegendDisplayMode,
    LegendPlacement,
    StackingMode,
    TooltipDisplayMode,
)
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    DataSourceRef,
    Panel,
    Threshold,
    ThresholdsMode,
    VariableRefresh,
)
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

# Grafana puts the values of the dashboard's variables in.
SENTIMENT, REVIEWS = (f'namespace="$namespace", job="$release-{name}"' for name in ("sentiment", "reviews"))
SERVICES = 'namespace="$namespace", job=~"$release-(sentiment|reviews|frontend)"'
PODS = 'namespace="$namespace", pod=~"$release-(sentiment|reviews|frontend)-.*"'
POSTGRESQL = 'namespace="$namespace", pod=~"$cluster-[0-9]+"'
POOLER = 'namespace="$namespace", pod=~"$cluster-pooler-.*"'

_DATASOURCE = DataSourceRef(type_val="prometheus", uid="$datasource")
_HEIGHT = 8
_GOOD, _FAIR, _BAD = "green", "orange", "red"


@dataclass(frozen=True)
class Query:
    expr: str
    legend: str = ""


def quantiles(histogram: str, selector: str, *quantiles: float) -> list[Query]:
    """Quantiles of a histogram over all pods."""
    rate = f"sum by (le) (rate({histogram}_bucket{{{selector}}}[$__rate_interval]))"
    return [Query(f"histogram_quantile({quantile}, {rate})", f"p{quantile * 100:g}") for quantile in quantiles]


def mean(histogram: str, selector: str) -> Query:
    total, count = (f"sum(rate({histogram}_{part}{{{selector}}}[$__rate_interval]))" for part in ("sum", "count"))
    return Query(f"{total} / {count}", "mean")


def graph(
    title: str,
    unit: str,
    description: str,
    *queries: Query,
    limit: float | None = None,
    stacked: bool = False,
    width: int = 8,
) -> Builder[Panel]:
    """Lines over time; `limit` draws a line that should not be crossed."""
    panel = (
        timeseries.Panel()
        .title(title)
        .description(description)
        .unit(unit)
        .min(0)
        .span(width)
        .height(_HEIGHT)
        .datasource(_DATASOURCE)
        .fill_opacity(20 if stacked else 5)
        .legend(
            common.VizLegendOptions()
            .display_mode(LegendDisplayMode.LIST)
            .placement(LegendPlacement.BOTTOM)
            .show_legend(True)
        )
        .tooltip(common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI))
    )
    if stacked:
        panel.stacking(common.StackingConfig().mode(StackingMode.NORMAL).group("A"))
    if limit is not None:
        panel.thresholds(_steps(_GOOD, (limit, _BAD)))
        panel.thresholds_style(common.GraphThresholdsStyleConfig().mode(GraphThresholdsStyleMode.LINE))
    for query, letter in zip(queries, "ABCDEFGH", strict=False):
        panel.with_target(_target(query, letter))
    return panel


def number(
    title: str,
    unit: str,
    description: str,
    query: Query,
    *,
    fair: float | None = None,
    bad: float | None = None,
    width: int = 4,
) -> Builder[Panel]:
    """The latest value. It is orange and red from `fair` and `bad` on; downwards where `bad` is the smaller one."""
    panel = (
        stat.Panel()
        .title(title)
        .description(description)
        .unit(unit)
        .span(width)
        .height(_HEIGHT // 2)
        .datasource(_DATASOURCE)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .with_target(_target(query, "A"))
    )
    if fair is not None and bad is not None:
        falling = bad < fair
        panel.thresholds(
            _steps(_BAD, (bad, _FAIR), (fair, _GOOD)) if falling else _steps(_GOOD, (fair, _FAIR), (bad, _BAD))
        )
    return panel


def listing(title: str, description: str, query: Query, width: int = 12) -> Builder[Panel]:
    """Labels and value of each series now."""
    target = prometheus.Dataquery().expr(query.expr).instant().format(PromQueryFormat.TABLE).ref_id("A")
    return (
        table.Panel()
        .title(title)
        .description(description)
        .span(width)
        .height(_HEIGHT)
        .datasource(_DATASOURCE)
        .with_target(target.datasource(_DATASOURCE))
    )


def board(
    uid: str, title: str, description: str, rows: Sequence[tuple[str, Sequence[Builder[Panel]]]]
) -> models.Dashboard:
    """A dashboard of one release; its variables are found by the metrics that there are."""
    found = (
        Dashboard(title)
        .uid(uid)
        .description(description)
        .tags(["opine"])
        .time("now-6h", "now")
        .refresh("1m")
        .timezone("browser")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .readonly()
        .link(
            DashboardLink("Opine")
            .type(DashboardLinkType.DASHBOARDS)
            .tags(["opine"])
            .as_dropdown(True)
            .include_vars(True)
            .keep_time(True)
        )
        .with_variable(DatasourceVariable("datasource").label("Data source").type("prometheus"))
        .with_variable(_variable("namespace", "Namespace", "label_values(opine_http_requests_total, namespace)"))
        .with_variable(
            _variable(
                "release",
                "Release",
                'label_values(opine_http_requests_total{namespace="$namespace"}, job)',
                pattern="/(.*)-reviews$/",
            )
        )
        .with_variable(
            _variable("cluster", "PostgreSQL", 'label_values(cnpg_collector_up{namespace="$namespace"}, cluster)')
        )
    )
    for name, panels in rows:
        found.with_row(Row(name))
        for panel in panels:
            found.with_panel(panel)
    built = found.build()
    for position, numbered in enumerate(built.panels or [], start=1):
        numbered.id_val = position
    return built


def _variable(name: str, label: str, query: str, pattern: str = "") -> QueryVariable:
    variable = QueryVariable(name).label(label).query(query).datasource(_DATASOURCE)
    return variable.regex(pattern).refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)


def _target(query: Query, letter: str) -> prometheus.Dataquery:
    return prometheus.Dataquery().expr(query.expr).legend_format(query.legend).ref_id(letter).datasource(_DATASOURCE)


def _steps(first: str, *later: tuple[float, str]) -> ThresholdsConfig:
    steps = [Threshold(value=None, color=first), *(Threshold(value=value, color=color) for value, color in later)]
    return ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps)
