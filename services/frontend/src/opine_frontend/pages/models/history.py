"""Every decision about model versions, and what was last found: when, by whom, and what spoke for it, in words."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from opine_frontend.components.elements import empty_state, error_notice
from opine_frontend.components.formatting import minute, percent
from opine_frontend.pages.login import is_admin
from opine_frontend.pages.models.release import version_name
from opine_frontend.reviews_api.client import ReviewsApi
from opine_frontend.reviews_api.registry_schemas import Decision, Evidence, Finding, Release
from opine_frontend.user_messages import SESSION_ENDED

_PAGE = 20
# More than an installation has; who is older is named by the beginning of its digest.
_MOST_NAMED = 100
_DIGEST_SHOWN = 12
_CERTAIN = 1000.0


def read_history(api: ReviewsApi, cursor: str) -> tuple[Component, str | None]:
    """A page of the decisions, last first, and the cursor of the next."""
    if not is_admin():
        return error_notice(SESSION_ENDED), None
    page = api.decisions(limit=_PAGE, cursor=cursor)
    versions = {one.digest: f"{one.name} {one.version}" for one in api.versions(limit=_MOST_NAMED).items}
    releases = {one.id: one for one in api.releases(limit=_MOST_NAMED).items}
    return history_list(page.items, versions, releases), page.next_cursor


def history_list(
    decisions: Sequence[Decision], versions: Mapping[str, str], releases: Mapping[int, Release]
) -> Component:
    if not decisions:
        return empty_state("Nothing was decided yet", "Each decision appears here with its numbers, and stays.")
    return html.Ol([_entry(one, versions, releases) for one in decisions], className="history")


def _entry(decision: Decision, versions: Mapping[str, str], releases: Mapping[int, Release]) -> html.Li:
    told: list[Component] = [
        html.P(
            [
                html.Time(minute(decision.created_at), dateTime=decision.created_at.isoformat(), className="quiet"),
                html.Span(f"revision {decision.revision}", className="quiet small"),
            ],
            className="history-when",
        ),
        html.P([html.Strong(decision.actor), f" {deed(decision, versions, releases)}."]),
    ]
    return html.Li([*told, *_told(decision.evidence)], className=f"decision decision-{decision.kind}")


def _told(evidence: Evidence) -> Iterator[Component]:
    reason = evidence.get("reason")
    if isinstance(reason, str) and reason:
        yield html.P(f"{reason[0].upper()}{reason[1:]}".rstrip(".") + ".", dir="auto")
    numbers = list(numbers_in_words(evidence))
    if numbers:
        yield html.Ul([html.Li(sentence) for sentence in numbers], className="history-numbers")


_FOUND = {"judgement": "The judge's last look, which held the release", "rescoring": "Stored reviews, scored again"}


def findings_list(findings: Sequence[Finding]) -> list[Component]:
    """What was last found of the open release without deciding."""
    return [
        html.Div(
            [
                html.P([_FOUND[one.kind], ", ", html.Time(minute(one.found_at), dateTime=one.found_at.isoformat())]),
                *_told(one.evidence),
            ],
            className="small",
        )
        for one in findings
    ]


def deed(decision: Decision, versions: Mapping[str, str], releases: Mapping[int, Release]) -> str:
    """What was done, to go on after the actor's name."""
    live = versions.get(decision.live_digest, decision.live_digest[:_DIGEST_SHOWN])
    release = releases.get(decision.release or 0)
    candidate = version_name(release.candidate) if release else "the candidate"
    match decision.kind:
        case "pin":
            return f"pinned {live}: it is live for everybody"
        case "start":
            return f"released {candidate} against {live}: it is a shadow that nobody sees"
        case "advance":
            return f"showed {candidate} to {decision.weight}% of the visitors"
        case "promote":
            return f"promoted {live}: it is live for everybody"
        case "rollback":
            return f"took {candidate} back: {live} is live for everybody"


def numbers_in_words(evidence: Evidence) -> Iterator[str]:
    """A sentence for each number that speaks for a decision; what is not known here stands as it is."""
    # PostgreSQL keeps an object's keys in an order of its own.
    for name in sorted(evidence, key=_place):
        value = evidence[name]
        if name == "reason":
            continue
        if isinstance(value, Mapping):
            yield _group(name, value)
        elif name == "stage_s" and isinstance(value, int | float):
            yield f"The stage had lasted {_duration(value)}."
        elif name in _PAST and isinstance(value, int):
            yield _PAST[name].format(value)
        else:
            yield f"{_spelled(name)}: {_plain(value)}."


# First what people did, then what the services measured.
_ORDER = (
    "stage_s",
    "past_texts",
    "past_",
    "label_",
    "stars_",
    "flips_by_",
    "corrected_at_",
    "corrected",
    "difference",
    "failed",
    "slow",
)


def _place(name: str) -> tuple[int, str]:
    return next((place for place, begin in enumerate(_ORDER) if name.startswith(begin)), len(_ORDER)), name


_PAST = {
    "past_texts": "{:,} stored reviews were scored again.",
    "past_label_flips": "{:,} of them would get another label.",
    "past_star_flips": "{:,} of them would get other stars.",
}


_COUNTED = {"candidate", "candidate_of", "baseline", "baseline_of"}


def _group(name: str, group: Mapping[str, Any]) -> str:
    # A person may have written anything as evidence, under any name.
    numbers = {part for part, value in group.items() if isinstance(value, int | float)}
    match name.split("_"):
        case ["label" | "stars" as what, "flips"] if numbers >= {"flips", "comparisons"}:
            other = {"label": "another label", "stars": "other stars"}[what]
            said = f"{group['flips']:,} of {group['comparisons']:,} texts would get {other}."
        case ["corrected", "at", weight] if numbers >= _COUNTED:
            said = f"At {weight}%, people corrected {_both(group, ' proposals')}."
        case ["failed" | "slow" as what] if numbers >= _COUNTED:
            verb = {"failed": "failed", "slow": "were slow"}[what]
            said = f"{_both(group, ' requests')} {verb}."
        case ["corrected"] if numbers >= {"e_worse", "e_as_good"}:
            said = (
                f"The evidence that it is worse is {_odds(group['e_worse'])}, that it is as good "
                f"{_odds(group['e_as_good'])}."
            )
        case ["difference"] if numbers >= {"least", "most"}:
            said = (
                f"People correct its proposals between {_points(group['least'])} and {_points(group['most'])} than the "
                "live version's."
            )
        case ["flips", "by", what]:
            said = f"Most by {what}: {', '.join(f'{one} ({count})' for one, count in group.items()) or 'none'}."
        case _:
            said = f"{_spelled(name)}: {', '.join(f'{_spelled(part)} {_plain(one)}' for part, one in group.items())}."
    return said


def _both(group: Mapping[str, Any], nouns: str = "") -> str:
    of_candidate = f"{group['candidate']:,} of {group['candidate_of']:,}{nouns} of the candidate"
    of_live = f"{group['baseline']:,} of {group['baseline_of']:,} of the live version"
    return f"{of_candidate}{_share(group, 'candidate')} and {of_live}{_share(group, 'baseline')}"


def _share(group: Mapping[str, Any], arm: str) -> str:
    return f" ({percent(group[arm] / group[f'{arm}_of'])})" if group[f"{arm}_of"] else ""


def _odds(e_value: float) -> str:
    """An e-value is what a bet of 1 against the opposite would have won."""
    if e_value >= _CERTAIN:
        return "more than 1,000 to 1"
    return f"{e_value:.3g} to 1"


def _points(difference: float) -> str:
    return f"{abs(difference) * 100:.1f} points {'less' if difference < 0 else 'more'} often"


def _duration(seconds: float) -> str:
    for length, unit in ((86_400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} seconds"


def _spelled(name: str) -> str:
    return name.replace("_", " ").capitalize() if name.islower() else name


def _plain(value: object) -> str:
    return f"{value:,}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
