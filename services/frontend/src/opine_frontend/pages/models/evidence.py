"""What people did with the proposals of both versions while a release is open: counted, and drawn as it grows.

Stages stand apart, as before the judge: between them the share of visitors changes, and rates drift with the time of
day. Added up, a version that was seen by more people at a bad hour would look worse than it is.
"""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from dash import html
from dash.development.base_component import Component

from opine_frontend.components.elements import aria
from opine_frontend.components.formatting import counted, minute, percent
from opine_frontend.components.trend import Point, line_mask
from opine_frontend.pages.models.release import version_name
from opine_frontend.reviews_api.client import ReviewsApi
from opine_frontend.reviews_api.registry_schemas import Decision, Plan, Proposals

# Of the time since people first saw the candidate.
_BUCKETS = 48
# A rate of fewer reviews jumps about and would set the scale.
_FEWEST_DRAWN = 10
_TOPS = (0.1, 0.2, 0.4, 0.6, 0.8, 1.0)
_DASHES = ("none", "7 6")


class Moment(NamedTuple):
    """How many of a version's proposals had been shown and corrected by then, since a stage began."""

    at: datetime
    shown: int
    corrected: int

    @property
    def rate(self) -> float:
        return self.corrected / self.shown if self.shown else 0.0


class Stage(NamedTuple):
    """A stretch of time in which `weight` percent of the visitors saw the candidate, the others the live version."""

    weight: int
    since: datetime
    until: datetime
    candidate: list[Moment]
    live: list[Moment]

    @property
    def arms(self) -> tuple[list[Moment], list[Moment]]:
        return self.candidate, self.live


class Growth(NamedTuple):
    """From when people first saw the candidate until now; stages first first."""

    candidate: str
    live: str
    stages: list[Stage]

    @property
    def names(self) -> tuple[str, str]:
        return self.candidate, self.live


def read_growth(api: ReviewsApi, plan: Plan, steps: Sequence[Decision], token: str) -> Growth | None:
    """The candidate's and the live version's proposals; None while nobody sees the candidate."""
    begins = [(step.created_at, step.weight) for step in steps if step.weight]
    if not begins or plan.candidate is None or plan.live is None:
        return None
    candidate, live = digests = [version.digest or "" for version in (plan.candidate, plan.live)]
    first = begins[0][0]
    # Until when, by the database's clock: ours may be another.
    now = api.proposals(digests, first, token=token).until
    bucket = timedelta(seconds=max(1, math.ceil((now - first).total_seconds() / _BUCKETS)))
    stages: list[Stage] = []
    for (since, weight), (until, _) in pairwise([*begins, (now, 0)]):
        found = api.proposals(digests, since, until=until, bucket_s=int(bucket.total_seconds()), token=token)
        grown = [grow(found, digest, since, bucket) for digest in (candidate, live)]
        stages.append(Stage(weight, since, until, *grown))
    return Growth(version_name(plan.candidate), version_name(plan.live), stages)


def grow(found: Proposals, digest: str, since: datetime, bucket: timedelta) -> list[Moment]:
    """Sums of a version's buckets, each at its bucket's end; the last one is the end of the time."""
    moments: list[Moment] = []
    shown = corrected = 0
    for one in sorted((one for one in found.items if one.digest == digest), key=lambda one: one.since):
        shown += one.shown
        corrected += one.corrected
        moments.append(Moment(min(one.since + bucket, found.until), shown, corrected))
    return [Moment(since, 0, 0), *moments, Moment(found.until, shown, corrected)]


def evidence(growth: Growth | None) -> Component:
    """Counts of each stage, the present one first, and the chart of all."""
    if growth is None:
        text = "Nobody has judged it yet: counting begins when the first visitors see the candidate's proposals."
        return html.P(text, className="evidence-none")
    now, *before = reversed(growth.stages)
    return html.Div(
        [
            _figures(growth, now),
            *[html.P(_in_short(stage), className="quiet small") for stage in before],
            *_chart(growth),
            _table(growth),
        ]
    )


def _figures(growth: Growth, stage: Stage) -> html.Dl:
    roles = ("the candidate", "live")
    figures = [
        _figure(number, f"{name}, {role}", arm[-1])
        for number, (name, role, arm) in enumerate(zip(growth.names, roles, stage.arms, strict=True), start=1)
    ]
    apart = html.Div([html.Dt("Difference in this stage"), html.Dd(difference(stage))])
    return html.Dl([*figures, apart], className="evidence-figures")


def _figure(number: int, name: str, now: Moment) -> html.Div:
    share = percent(now.rate) if now.shown else "–"  # noqa: RUF001  as wide as a number
    key = html.Span(className=f"trend-key trend-key-{number}", **aria(hidden="true"))
    return html.Div(
        [html.Dt([key, name]), html.Dd([html.Span(share, className="evidence-share"), _corrected(now)])],
    )


def _corrected(now: Moment) -> str:
    return f"{now.corrected:,} of {counted(now.shown, 'proposal')} corrected" if now.shown else "no review yet"


def _in_short(stage: Stage) -> str:
    candidate, live = (arm[-1] for arm in stage.arms)
    return f"Before, at {stage.weight}%: {_corrected(candidate)}, {_corrected(live)} of the live version's."


def difference(stage: Stage) -> str:
    """Of the two rates of correction in a stage."""
    candidate, live = (arm[-1] for arm in stage.arms)
    if not (candidate.shown and live.shown):
        return "Not known yet: a version has no review."
    points = round((candidate.rate - live.rate) * 100, 1)
    if not points:
        return "People correct both equally often."
    return f"People correct the candidate's {abs(points)} points {'more' if points > 0 else 'less'} often."


def drawn(arm: Sequence[Moment]) -> list[Moment]:
    return [moment for moment in arm if moment.shown >= _FEWEST_DRAWN]


def top_of(stages: Sequence[Stage]) -> float:
    """The upper end of the scale: a round share above all that is drawn."""
    highest = max((moment.rate for stage in stages for arm in stage.arms for moment in drawn(arm)), default=0.0)
    return next(top for top in _TOPS if highest <= top)


def points_of(arm: Sequence[Moment], since: datetime, until: datetime, top: float) -> list[Point]:
    """Points in percent of the box, from the left and from the top."""
    return [(along(moment.at, since, until), round((1 - moment.rate / top) * 100, 2)) for moment in drawn(arm)]


def along(moment: datetime, since: datetime, until: datetime) -> float:
    length = (until - since).total_seconds()
    return round(100 * (moment - since).total_seconds() / length, 2) if length > 0 else 0.0


def _chart(growth: Growth) -> list[Component]:
    since, until = growth.stages[0].since, growth.stages[-1].until
    if not any(drawn(arm) for stage in growth.stages for arm in stage.arms):
        text = f"Lines begin with the {_FEWEST_DRAWN}th review that came with a version's proposal."
        return [html.P(text, className="quiet small")]
    top = top_of(growth.stages)
    parts: list[Component] = []
    for stage in growth.stages:
        left = along(stage.since, since, until)
        parts.append(html.Div(html.Span(f"{stage.weight}%"), className="chart-mark", style={"left": f"{left}%"}))
        for number, arm in enumerate(stage.arms):
            if points := points_of(arm, since, until, top):
                mask = {"maskImage": line_mask(points, _DASHES[number])}
                parts.append(html.Div(className=f"trend-line trend-line-{number + 1}", style=mask))
    scale = html.Div([html.Span(percent(share)) for share in (top, top / 2, 0.0)], className="trend-scale")
    ends = html.Div([html.Span(minute(end)) for end in (since, until)], className="trend-ends")
    caption = html.P("Share of proposals that people corrected, since each stage began", className="chart-caption")
    label = " ".join(
        ["Share of proposals that people corrected."]
        + [
            f"At {stage.weight}%: {name} {percent(arm[-1].rate)} of {arm[-1].shown:,}."
            for stage in growth.stages
            for name, arm in zip(growth.names, stage.arms, strict=True)
        ]
        + ["The table below has all points."]
    )
    plot = html.Div(parts, className="trend-plot")
    return [caption, html.Div([scale, plot, ends], className="trend", role="img", **aria(label=label))]


def _table(growth: Growth) -> html.Details:
    columns = ("Version", "Visitors", "Until", "Proposals", "Corrected", "Share")
    rows = [
        html.Tr(
            [
                html.Th(name, scope="row"),
                html.Td(f"{stage.weight}%"),
                html.Td(minute(moment.at)),
                html.Td(f"{moment.shown:,}"),
                html.Td(f"{moment.corrected:,}"),
                html.Td(percent(moment.rate) if moment.shown else "none"),
            ]
        )
        for stage in growth.stages
        for name, arm in zip(growth.names, stage.arms, strict=True)
        for moment in arm[1:]
    ]
    head = html.Thead(html.Tr([html.Th(column, scope="col") for column in columns]))
    table = html.Table([head, html.Tbody(rows)])
    return html.Details(
        [html.Summary("Show as a table"), html.Div(table, className="table-scroll")], className="as-table"
    )
