"""The admin page of model versions: what it counts, draws and says, from what the API answers."""

import datetime as dt
from typing import Any

import pytest
from dash import html
from opine_common.prediction import ModelVersion, StoredPrediction
from opine_frontend.pages.models.decisions import Asked, SeenPlan, ask_about
from opine_frontend.pages.models.drift import drift_told, word_said
from opine_frontend.pages.models.evidence import (
    Growth,
    Moment,
    Stage,
    difference,
    evidence,
    grow,
    points_of,
    top_of,
)
from opine_frontend.pages.models.flips import closeness, flips_list
from opine_frontend.pages.models.history import deed, findings_list, history_list, numbers_in_words
from opine_frontend.pages.models.release import no_release, release_card
from opine_frontend.pages.models.versions import figures, versions_table
from opine_frontend.reviews_api.drift_schemas import Drift, DriftWord
from opine_frontend.reviews_api.errors import NotLoaded, ProblemDetails, Stale, StepRefused, problem_from
from opine_frontend.reviews_api.registry_schemas import (
    Bucket,
    Decision,
    Finding,
    Flip,
    Flips,
    Plan,
    Proposals,
    Release,
    VersionDetail,
)
from opine_frontend.reviews_api.schemas import BrandName, Review
from opine_frontend.user_messages import release_error

NOON = dt.datetime(2026, 11, 28, 12, tzinfo=dt.UTC)
LIVE = ModelVersion(name="tiny", version="1.0.0", digest="a" * 64)
CANDIDATE = ModelVersion(name="tiny", version="1.1.0", digest="b" * 64)


def at(minutes: float) -> dt.datetime:
    return NOON + dt.timedelta(minutes=minutes)


def plan(weight: int = 10) -> Plan:
    return Plan(
        revision=3,
        live=LIVE,
        candidate=CANDIDATE,
        release=1,
        stage="canary" if weight else "shadow",
        weight=weight,
    )


def decision(kind: str = "advance", weight: int = 10, **fields: Any) -> Decision:  # noqa: ANN401  JSON
    given = {"revision": 3, "kind": kind, "release": 1, "live_digest": "a" * 64, "weight": weight, "actor": "learning"}
    return Decision.model_validate({**given, "evidence": {}, "created_at": NOON, **fields})


def stage(
    candidate: tuple[int, int] = (0, 0), live: tuple[int, int] = (0, 0), *, weight: int = 10, begin: float = 0
) -> Stage:
    """Of ten minutes; each version's corrected and shown proposals are its end."""
    arms = [[Moment(at(begin), 0, 0), Moment(at(begin + 10), shown, wrong)] for wrong, shown in (candidate, live)]
    return Stage(weight, at(begin), at(begin + 10), *arms)


def words(component: Any) -> str:  # noqa: ANN401  whatever Dash takes as children
    """All that a person reads of it."""
    if isinstance(component, str):
        return component
    parts = component if isinstance(component, list | tuple) else [getattr(component, "children", None) or ""]
    return " ".join(" ".join(map(words, parts)).split())


def test_growth_adds_up_buckets_to_the_present() -> None:
    buckets = [Bucket(digest=digest, since=at(since), shown=10, corrected=wrong) for digest, since, wrong in (
        ("b" * 64, 2, 5), ("b" * 64, 0, 1), ("a" * 64, 0, 9), ("b" * 64, 4, 0),
    )]  # fmt: skip
    found = Proposals(until=at(5), items=buckets)
    grown = grow(found, "b" * 64, NOON, dt.timedelta(minutes=2))
    # The last bucket is not over.
    assert grown == [
        Moment(at(0), 0, 0), Moment(at(2), 10, 1), Moment(at(4), 20, 6), Moment(at(5), 30, 6), Moment(at(5), 30, 6),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("candidate", "live", "said"),
    [
        ((20, 80), (300, 1000), "5.0 points less often"),
        ((30, 100), (280, 1000), "2.0 points more often"),
        ((30, 100), (300, 1000), "equally often"),
        ((0, 0), (300, 1000), "Not known yet"),
    ],
)
def test_the_difference_is_said_in_points(candidate: tuple[int, int], live: tuple[int, int], said: str) -> None:
    assert said in difference(stage(candidate, live))


def test_stages_are_compared_each_for_itself() -> None:
    # Added up, the candidate's rate would be 45 % and the live version's 27 %, though it is never higher.
    stages = [stage((10, 100), (100, 1000)), stage((80, 100), (80, 100), weight=50, begin=10)]
    shown = words(evidence(Growth("tiny 1.1.0", "tiny 1.0.0", stages)))
    assert "80% 80 of 100 proposals corrected" in shown
    assert "equally often" in shown
    assert "Before, at 10%: 10 of 100 proposals corrected, 100 of 1,000 proposals corrected of the live" in shown
    assert "45%" not in shown


def test_a_few_reviews_draw_no_line() -> None:
    few = [Moment(at(0), 0, 0), Moment(at(1), 9, 9), Moment(at(5), 10, 2), Moment(at(10), 20, 6)]
    assert points_of(few, at(0), at(10), 0.4) == [(50.0, 50.0), (100.0, 25.0)]
    assert "Lines begin with the 10th review" in words(evidence(Growth("b", "a", [stage((1, 9), (1, 9))])))
    assert "Nobody has judged it yet" in words(evidence(None))


@pytest.mark.parametrize(("rate", "top"), [(0, 0.1), (10, 0.1), (11, 0.2), (54, 0.6), (100, 1.0)])
def test_the_scale_ends_just_above_what_is_drawn(rate: int, top: float) -> None:
    assert top_of([stage((rate, 100))]) == top
    assert top_of([stage((9, 9))]) == 0.1, "what is not drawn needs no room"


def test_a_release_says_where_it_is_and_who_sees_it() -> None:
    steps = [decision("start", 0), decision(created_at=at(10))]
    shown = words(release_card(plan(), steps))
    assert "done: Shadow seen by nobody 28 Nov 2026, 12:00 UTC" in shown
    assert "now: A tenth seen by 10% of the visitors 28 Nov 2026, 12:10 UTC" in shown
    assert "Everybody seen by all visitors still to come" in shown
    assert "10% of the visitors see proposals of tiny 1.1.0, 90% those of tiny 1.0.0" in shown
    assert "All visitors see proposals of tiny 1.0.0" in words(release_card(plan(0), steps[:1]))
    with pytest.raises(ValueError, match="no open release"):
        release_card(Plan(revision=1, live=LIVE), [])


def test_without_a_release_the_page_says_what_answers() -> None:
    assert "tiny 1.0.0 answers everybody" in words(no_release(Plan(revision=1, live=LIVE)))
    assert "No version is live yet" in words(no_release(Plan(revision=0)))


def version(**fields: Any) -> VersionDetail:  # noqa: ANN401  JSON
    given = {"name": "tiny", "version": "1.0.0", "digest": "a" * 64, "artefact_bytes": 8_000_000}
    more = {"registered_by": "ci", "created_at": NOON, "card": "", "metrics": {}}
    return VersionDetail.model_validate({**given, **more, **fields})


@pytest.mark.parametrize(
    ("metrics", "shown"),
    [
        ({"validation": {"all": {"accuracy": 0.8985, "macro_f1": 0.7345, "stars_mean_absolute_error": 0.35}}}, True),
        ({}, False),
        ({"validation": "good"}, False),
        ({"validation": {"all": {"accuracy": "high"}}}, False),
    ],
)
def test_figures_are_those_of_the_validation_rows_or_none(metrics: dict[str, object], shown: bool) -> None:
    assert figures(metrics) == (["89.8%", "0.735", "0.35"] if shown else ["–", "–", "–"])  # noqa: RUF001


def test_only_what_the_plan_allows_is_offered() -> None:
    versions = [version(digest="b" * 64, version="1.1.0"), version()]
    at_rest = words(versions_table(versions, Plan(revision=1, live=LIVE)))
    assert "Release tiny 1.1.0" in at_rest
    assert "Pin tiny 1.0.0" not in at_rest
    open_release = words(versions_table(versions, plan()))
    assert "tiny 1.1.0 Candidate" in open_release
    assert "Pin " not in open_release
    undecided = words(versions_table(versions, Plan(revision=0)))
    assert "Pin tiny 1.0.0" in undecided
    assert "Release " not in undecided, "there is nothing to release it against"
    assert "opine-models register FOLDER" in words(versions_table([], Plan(revision=0)))


def flip(author: int, live: int, candidate: int) -> Flip:
    review = Review(id=1, brand=BrandName(slug="nike", name="Nike"), text="It came", stars=author, created_at=NOON)
    before, after = (StoredPrediction(stars=stars, score=0.5, label="bad", model=None) for stars in (live, candidate))
    return Flip(review=review, baseline=before, candidate=after)


def test_flips_say_who_is_closer_to_the_author() -> None:
    flips = [flip(5, 3, 4), flip(5, 4, 1), flip(1, 3, 2), flip(3, 2, 4)]
    assert closeness(flips) == (2, 1)
    shown = words(flips_list(Flips(compared=100, items=flips)))
    assert "4 of 100 reviews would get another label (4%)." in shown
    assert "closer to the author's stars in 2 of them, the live version in 1" in shown
    assert "0 of 100 reviews" in words(flips_list(Flips(compared=100)))
    assert "No reviews to compare" in words(flips_list(Flips(compared=0)))


VERSIONS = {"a" * 64: "tiny 1.0.0"}
RELEASES = {1: Release(id=1, candidate=CANDIDATE, baseline=LIVE)}


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("pin", "pinned tiny 1.0.0"),
        ("start", "released tiny 1.1.0 against tiny 1.0.0"),
        ("advance", "showed tiny 1.1.0 to 10% of the visitors"),
        ("promote", "promoted tiny 1.0.0"),
        ("rollback", "took tiny 1.1.0 back: tiny 1.0.0 is live"),
    ],
)
def test_a_decision_is_a_sentence(kind: str, said: str) -> None:
    assert deed(decision(kind), VERSIONS, RELEASES).startswith(said)
    # What is older than the lists reach still reads well.
    assert deed(decision(kind), {}, {})


COUNTS = {"candidate": 20, "candidate_of": 80, "baseline": 300, "baseline_of": 1000}
OF_BOTH = "of the candidate (25%) and 300 of 1,000 of the live version (30%)"
BETWEEN = "People correct its proposals between"
NONE_OF_BOTH = "0 of 0 requests of the candidate and 0 of 0 of the live version were slow."


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("stage_s", 612, "The stage had lasted 10 minutes."),
        ("stage_s", 200_000, "The stage had lasted 2 days."),
        ("label_flips", {"flips": 20, "comparisons": 1512}, "20 of 1,512 texts would get another label."),
        ("corrected_at_10", COUNTS, f"At 10%, people corrected 20 of 80 proposals {OF_BOTH}."),
        ("failed", COUNTS | {"most": 0.01}, f"20 of 80 requests {OF_BOTH} failed."),
        ("slow", dict.fromkeys(COUNTS, 0), NONE_OF_BOTH),
        (
            "corrected",
            {"e_worse": 0.0213, "e_as_good": 1e9, "margin": 0.05},
            "The evidence that it is worse is 0.0213 to 1, that it is as good more than 1,000 to 1.",
        ),
        (
            "difference",
            {"least": -0.12, "most": 0.041, "alpha": 0.05},
            f"{BETWEEN} 12.0 points less often and 4.1 points more often than the live version's.",
        ),
        ("flips_by_brand", {"nike": "9 of 9", "lego": "2 of 9"}, "Most by brand: nike (9 of 9), lego (2 of 9)."),
        ("past_label_flips", 2100, "2,100 of them would get another label."),
        ("on_call", "Ada", "On call: Ada."),
        ("label_flips", {"flips": "many", "comparisons": None}, "Label flips: Flips many, Comparisons None."),
    ],
)
def test_numbers_are_said_in_words(name: str, value: object, said: str) -> None:
    assert list(numbers_in_words({name: value, "reason": "not a number"})) == [said]


def test_numbers_stand_in_the_order_in_which_they_are_read() -> None:
    evidence = {"slow": "no", "past_label_flips": 2, "past_texts": 9, "stage_s": 5}
    assert [sentence.split()[0] for sentence in numbers_in_words(evidence)] == ["The", "9", "2", "Slow:"]


def test_a_history_tells_who_when_and_why() -> None:
    entry = decision(evidence={"reason": "nothing speaks against it", "stage_s": 700})
    shown = words(history_list([entry], VERSIONS, RELEASES))
    assert shown == (
        "28 Nov 2026, 12:00 UTC revision 3 learning showed tiny 1.1.0 to 10% of the visitors. "
        "Nothing speaks against it. The stage had lasted 12 minutes."
    )
    assert "Nothing was decided yet" in words(history_list([], {}, {}))


def test_what_was_found_says_when_and_why() -> None:
    evidence = {"reason": "the evidence does not suffice yet", "stage_s": 700}
    given = {"actor": "learning", "evidence": evidence, "found_at": dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)}
    judged = Finding.model_validate({"kind": "judgement", **given})
    shown = words(html.Div(findings_list([judged])))
    for said in ("The judge's last look", "The evidence does not suffice yet.", "The stage had lasted 12 minutes."):
        assert said in shown
    assert findings_list([]) == []


def test_a_question_is_about_what_the_page_shows() -> None:
    seen: SeenPlan = {
        "revision": 4, "release": 1, "live": "tiny 1.0.0", "candidate": "tiny 1.1.0", "names": {"c": "tiny 0.9.0"},
    }  # fmt: skip
    promote: Asked = {"step": "promote", "target": "candidate", "name": "tiny 1.1.0", "revision": 4, "release": 1}
    assert ask_about("promote", "candidate", seen) == promote
    assert ask_about("pin", "c", seen) == {**promote, "step": "pin", "target": "c", "name": "tiny 0.9.0"}
    assert ask_about("pin", "d", seen) is None
    assert ask_about("delete", "c", seen) is None


@pytest.mark.parametrize(
    ("status", "kind", "said"),
    [
        (409, "stale-revision", "Reload, look again, then decide"),
        (409, "step-refused", "because"),
        (409, "release-ended", "because"),
        (503, "version-not-loaded", "not loaded yet"),
        (504, "prediction-timeout", "took too long"),
        (403, "", "OPINE_REVIEWS_REGISTRY_TOKEN"),
        (401, "", "OPINE_FRONTEND_ADMIN_TOKEN"),
        (503, "", "Opine's server is not answering"),
    ],
)
def test_what_went_wrong_is_said_in_words(status: int, kind: str, said: str) -> None:
    details = ProblemDetails(type=f"urn:opine:problem:{kind}", detail="because")
    error = problem_from(status, {}, details.model_dump_json().encode())
    assert isinstance(error, Stale) is (kind == "stale-revision")
    assert isinstance(error, StepRefused) is (kind in {"step-refused", "release-ended"})
    assert isinstance(error, NotLoaded) is (kind == "version-not-loaded")
    assert said in release_error(error).line


def word(**changed: Any) -> DriftWord:  # noqa: ANN401  JSON
    plain = {
        "signal": "misread",
        "text": "bussin",
        "source": "people",
        "now": {"hits": 30, "of": 40},
        "direction": "for",
        "difference": 2.5,
        "since": NOON,
    }
    return DriftWord.model_validate(plain | changed)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"difference": 2.46},
         "Proposals are corrected in 75% of 40 reviews; hardly anybody said it before. People give 2.5 stars more."),
        ({"before": {"hits": 12, "of": 60}, "difference": -1.0},
         "Proposals are corrected in 75% of 40 reviews, before in 20%. People give 1.0 stars fewer."),
        ({"difference": 0.1}, "Proposals are corrected in 75% of 40 reviews; hardly anybody said it before."),
        ({"signal": "turned", "direction": "against", "before": {"hits": 10, "of": 100}},
         "Speaks against brands in 75% of 40 reviews, before in 10%."),
        ({"signal": "turned", "before": {"hits": 99, "of": 100}},
         "Speaks for brands in 75% of 40 reviews, before in 99%."),
    ],
)  # fmt: skip
def test_what_is_new_of_a_word_is_said(changed: dict[str, Any], said: str) -> None:
    assert word_said(word(**changed)) == said


def drift(**changed: Any) -> Drift:  # noqa: ANN401  JSON
    share = {"hits": 60, "of": 80}
    shares = dict.fromkeys(("agreement_now", "agreement_before", "language_now"), share)
    people = {
        "source": "people",
        "reviews_now": 1200,
        "reviews_before": 4000,
        "language_before": {"hits": 0, "of": 0},
        "stability": {"score": 0.3, "label": None},
        **shares,
    }
    report = {
        "until": NOON,
        "since": NOON - dt.timedelta(days=7),
        "before": NOON - dt.timedelta(days=35),
        "figures": [people],
        "words": [word(sector="Airlines", source="scraped")],
    }
    reasons = [{"source": "people", "said": "70% instead of 80% of the proposals are kept."}]
    nights = [{"drifted": True}, {"drifted": False}]
    given = {"drifted": True, "reasons": reasons, "report": report, "nights": nights}
    return Drift.model_validate(given | changed)


def test_drift_is_told_with_its_reasons_words_and_figures() -> None:
    told = words(drift_told(drift()))
    for expected in (
        "The live model reads less well than before.",
        "Written here: 70% instead of 80% of the proposals are kept.",
        "From 21 Nov 2026, 12:00 UTC to 28 Nov 2026, 12:00 UTC, with 1,200 reviews,",
        "against the time from 24 Oct 2026, 12:00 UTC on, with 4,000.",
        "bussin Proposals are corrected",
        "Airlines Read elsewhere 28 Nov 2026",
        "1 of the last 2 reports called it drift.",
        "Proposals that were kept Written here 75% of 80 75% of 80",
        "Not English Written here 75% of 80 –",  # noqa: RUF001  as wide as a number
        "Scores: stability index Written here 0.30",
    ):
        assert expected in told


def test_without_drift_or_a_report_that_is_said() -> None:
    quiet = drift(drifted=False, reasons=[], report={**drift().model_dump()["report"], "words": []})
    told = words(drift_told(quiet))
    assert "The live model reads as before." in told
    assert "No word is misread, and none has turned." in told
    assert "Nothing was measured yet" in words(drift_told(drift(drifted=False, reasons=[], report=None, nights=[])))
