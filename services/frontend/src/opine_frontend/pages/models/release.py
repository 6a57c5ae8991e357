"""The open release: which stage it is at, and who sees which version."""

from collections.abc import Sequence
from typing import NamedTuple

from dash import html
from dash.development.base_component import Component
from opine_common.prediction import ModelVersion

from opine_frontend.components.elements import aria, empty_state, visually_hidden
from opine_frontend.components.formatting import minute
from opine_frontend.reviews_api.registry_schemas import Decision, Plan


class _Stage(NamedTuple):
    weight: int
    name: str
    seen_by: str
    next_step: str


# The weights that a release goes through (docs/contracts.md), and what the judge waits for at each (docs/releases.md).
_STAGES = (
    _Stage(
        0,
        "Shadow",
        "nobody",
        "It scores what people write beside the live version. The judge goes on once enough texts were compared and "
        "few of them get another label.",
    ),
    _Stage(
        10,
        "A tenth",
        "10% of the visitors",
        "The judge goes on once enough reviews came with each version's proposal and nothing speaks against it.",
    ),
    _Stage(
        50,
        "Half",
        "50% of the visitors",
        "The judge promotes it once people correct its proposals no more often than the live version's, and takes it "
        "back once they correct them more often.",
    ),
    _Stage(100, "Everybody", "all visitors", ""),
)


def version_name(version: ModelVersion) -> str:
    return f"{version.name} {version.version}"


def no_release(plan: Plan) -> html.Div:
    if plan.live is None:
        return empty_state(
            "No version is live yet",
            "Each service answers with the model that it came with. The judge registers that one first; you may also "
            "pin a version below.",
        )
    text = f"{version_name(plan.live)} answers everybody. A registered version that is not live may be released below."
    return empty_state("No release is open", text)


def release_card(plan: Plan, steps: Sequence[Decision]) -> list[Component]:
    """Of a plan with an open release.

    Args:
        plan: the present one.
        steps: the release's decisions, first first.
    """
    if plan.candidate is None or plan.live is None:
        raise ValueError(f"the plan of revision {plan.revision} has no open release")
    reached = {step.weight: step for step in reversed(steps)}
    current = max((stage for stage in _STAGES if stage.weight <= plan.weight), key=lambda stage: stage.weight)
    stages = html.Ol([_stage(stage, current, reached.get(stage.weight)) for stage in _STAGES], className="stages")
    return [
        html.P(
            [html.Strong(version_name(plan.candidate)), " against ", html.Strong(version_name(plan.live))],
            className="release-title",
        ),
        stages,
        _split(plan.weight, version_name(plan.candidate), version_name(plan.live)),
        html.P(current.next_step, className="quiet small"),
    ]


def _stage(stage: _Stage, current: _Stage, step: Decision | None) -> html.Li:
    where = "ahead" if stage.weight > current.weight else "done" if stage.weight < current.weight else "now"
    when = html.Time(minute(step.created_at), dateTime=step.created_at.isoformat()) if step else "still to come"
    told = {"ahead": "", "done": "done: ", "now": "now: "}[where]
    return html.Li(
        [
            visually_hidden(told),
            html.Span(stage.name, className="stage-name"),
            html.Span(f"seen by {stage.seen_by}", className="stage-seen"),
            html.Span(when, className="stage-when"),
        ],
        className=f"stage stage-{where}",
        **(aria(current="step") if where == "now" else {}),
    )


def _split(weight: int, candidate: str, live: str) -> html.Div:
    """How the visitors are split, as a bar and in words."""
    if weight:
        sentence = f"{weight}% of the visitors see proposals of {candidate}, {100 - weight}% those of {live}."
    else:
        sentence = f"All visitors see proposals of {live}."
    bar = html.Div(html.Div(className="split-candidate", style={"width": f"{weight}%"}), className="split-bar")
    return html.Div([html.Div(bar, **aria(hidden="true")), html.P(sentence)], className="split")
