"""Promote, roll back, release and pin: each asked once more, and decided on the plan that was seen."""

from collections.abc import Callable
from typing import Literal, NamedTuple

import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import ALL, Dash, Input, NoUpdate, Output, State, ctx, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from typing_extensions import TypedDict

from opine_frontend.components.elements import aria, notice
from opine_frontend.pages.admin_elements import confirmation
from opine_frontend.pages.login import is_admin
from opine_frontend.reviews_api.client import ReviewsApi
from opine_frontend.reviews_api.errors import ReviewsApiError
from opine_frontend.user_messages import SESSION_ENDED, UserMessage, release_error

# There is one password, so all admins are one.
_ACTOR = "admin"
_LONGEST_REASON = 500


Step = Literal["promote", "rollback", "release", "pin"]


class SeenPlan(TypedDict):
    """What the page keeps of the plan that it shows; versions by name."""

    revision: int
    release: int | None
    live: str
    candidate: str
    # Of all versions on the page, by digest.
    names: dict[str, str]


class Asked(TypedDict):
    """The question that is open, with the revision that was on the page when it was asked."""

    step: Step
    target: str
    name: str
    revision: int
    release: int | None


class _Question(NamedTuple):
    title: str
    text: str
    button: str
    done: str
    # Of the API, of a release's id; what it is given beside.
    path: str
    fields: Callable[[str], dict[str, object]]


# `{name}` is what is decided about, `{live}` what answers everybody now.
_QUESTIONS: dict[Step, _Question] = {
    "promote": _Question(
        "Promote {name}?",
        "Within seconds everybody sees its proposals, whatever the evidence says so far. {live} stays registered: it "
        "can be released or pinned again.",
        "Promote",
        "{name} is live for everybody.",
        "/releases/{release}/promote",
        lambda _: {},
    ),
    "rollback": _Question(
        "Take {name} back?",
        "Within seconds nobody sees its proposals any more: {live} answers everybody. The release ends; {name} may be "
        "released again.",
        "Roll back",
        "{name} is taken back, {live} answers everybody.",
        "/releases/{release}/rollback",
        lambda _: {},
    ),
    "release": _Question(
        "Release {name}?",
        "It shadows {live} first, and nobody sees it. The judge then shows it to a tenth and to half of the visitors, "
        "promotes it or takes it back.",
        "Release",
        "{name} is a candidate now, and shadows {live}.",
        "/releases",
        lambda digest: {"candidate": digest},
    ),
    "pin": _Question(
        "Pin {name}?",
        "Within seconds it is live for everybody in place of {live}: without a shadow, without visitors who try it "
        "first. That is for an earlier version again; a new one is better released.",
        "Pin",
        "{name} is live for everybody.",
        "/release-plan/pin",
        lambda digest: {"digest": digest},
    ),
}


def decision_buttons(candidate: str) -> html.Div:
    """Of the open release."""
    return html.Div(
        [_button("promote", candidate), _button("rollback", candidate)],
        className="actions",
    )


def _button(step: Step, candidate: str) -> html.Button:
    return html.Button(
        _QUESTIONS[step].button,
        id={"type": "decide", "step": step, "target": "candidate"},
        className="button-quiet",
        n_clicks=0,
        **aria(haspopup="dialog", label=f"{_QUESTIONS[step].button}: {candidate}"),
    )


def question_modal() -> dmc.Modal:
    reason = dmc.TextInput(
        id="models-reason",
        label="Reason, which stays in the history (optional)",
        inputProps={"maxLength": _LONGEST_REASON},
        value="",
        autoComplete="off",
    )
    question, seen = html.P("", id="models-question"), html.P("", id="models-seen", className="quiet small")
    return confirmation("models", "", question, reason, seen, cancel="Cancel", confirm="")


def ask_about(step: str, target: str, plan: SeenPlan) -> Asked | None:
    """The question that a button asks; None for what the page does not show."""
    known = next((one for one in _QUESTIONS if one == step), None)
    name = plan["candidate"] if target == "candidate" else plan["names"].get(target)
    if known is None or name is None:
        return None
    return {"step": known, "target": target, "name": name, "revision": plan["revision"], "release": plan["release"]}


def refusal(message: UserMessage) -> html.Div:
    """With the way to what is now (assets/js/page.js)."""
    return notice(message, html.Button("Reload", id="page-retry", className="button-quiet", n_clicks=0))


def register_decisions(app: Dash, api: ReviewsApi, token: str) -> None:
    @app.callback(
        Output("models-modal", "opened"),
        Output("models-modal", "title"),
        Output("models-question", "children"),
        Output("models-seen", "children"),
        Output("models-confirm", "children"),
        Output("models-reason", "value"),
        Output("models-asked", "data"),
        Input({"type": "decide", "step": ALL, "target": ALL}, "n_clicks"),
        Input("models-cancel", "n_clicks"),
        State("models-plan", "data"),
        prevent_initial_call=True,
    )
    def ask(
        clicks: list[int], _cancel: int, plan: SeenPlan
    ) -> tuple[bool, str | NoUpdate, str | NoUpdate, str | NoUpdate, str | NoUpdate, str | NoUpdate, Asked | None]:
        pressed = ctx.triggered_id
        if not isinstance(pressed, dict):
            return False, no_update, no_update, no_update, no_update, no_update, None
        asked = ask_about(pressed["step"], pressed["target"], plan)
        # Buttons that have just been drawn report themselves too, without a click.
        if not any(clicks) or asked is None:
            raise PreventUpdate
        question = _QUESTIONS[asked["step"]]
        names = {"name": asked["name"], "live": plan["live"]}
        return (
            True,
            question.title.format(**names),
            question.text.format(**names),
            f"Decided on the plan that you see, revision {asked['revision']}.",
            question.button,
            "",
            asked,
        )

    @app.callback(
        Output("models-modal", "opened", allow_duplicate=True),
        Output("models-told", "children", allow_duplicate=True),
        Output("models-again", "data"),
        Input("models-confirm", "n_clicks"),
        State("models-asked", "data"),
        State("models-reason", "value"),
        State("models-plan", "data"),
        prevent_initial_call=True,
    )
    def decide(
        clicks: int, asked: Asked | None, reason: str, plan: SeenPlan
    ) -> tuple[bool, Component | str, int | NoUpdate]:
        if not clicks or asked is None:
            raise PreventUpdate
        question = _QUESTIONS[asked["step"]]
        given = reason.strip()[:_LONGEST_REASON]
        try:
            if not is_admin():
                return False, notice(SESSION_ENDED), no_update
            api.decide(
                question.path.format(release=int(asked["release"] or 0)),
                asked["revision"],
                actor=_ACTOR,
                token=token,
                evidence={"reason": given} if given else {},
                **question.fields(asked["target"]),
            )
        except ReviewsApiError as error:
            return False, refusal(release_error(error)), no_update
        return False, html.P(question.done.format(name=asked["name"], live=plan["live"]), className="told"), clicks
