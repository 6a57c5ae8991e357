"""Each thing that a site can do wrong: how the run ends, and what it says of it."""

from collections import Counter
from pathlib import Path

import pytest
from opine_demo_site.catalogue import Misbehaviour
from opine_demo_site.server import DemoServer

from tests.support.scraping.run import Program, pages_asked, parquet_rows

# The errors of two companies with 33 reviews each, one in each markup.
READ: dict[Misbehaviour, dict[str, int]] = {
    Misbehaviour.SLOW: {},
    Misbehaviour.BUSY: {},
    Misbehaviour.FLAKY: {},
    Misbehaviour.BROKEN: {"http_status": 2},
    Misbehaviour.CHANGED: {"unknown_markup": 2},
    Misbehaviour.EMPTY_REVIEWS: {},
    Misbehaviour.NO_STARS: {"no_stars": 4},
    Misbehaviour.WRONG_COUNT: {"page_count": 2, "total_count": 2},
    Misbehaviour.ENDLESS: {"endless": 2},
    Misbehaviour.DISALLOWED: {"robots": 2},
}
UNREADABLE = {Misbehaviour.BROKEN, Misbehaviour.CHANGED, Misbehaviour.DISALLOWED}
# Reason and number of requests until the run ends.
BLOCKED = {
    Misbehaviour.ALWAYS_BUSY: ("too_many_requests", 3),
    Misbehaviour.FORBIDDEN: ("forbidden", 1),
    Misbehaviour.CHALLENGE: ("challenge", 1),
}


def companies(*kinds: Misbehaviour) -> list[str]:
    return ["--company", *(f"{kind}-{markup}.example" for kind in kinds for markup in ("2019", "today"))]


def kind_of(url: str) -> Misbehaviour | None:
    return Misbehaviour.of_company(url.split("/review/")[1].split("?", maxsplit=1)[0])


def test_no_misbehaviour_is_left_out() -> None:
    assert {*READ, *BLOCKED} == set(Misbehaviour)


def test_what_is_wrong_is_said_and_the_rest_is_read(program: Program, server: DemoServer, tmp_path: Path) -> None:
    ended = program.run("crawl", *companies(*READ))
    report = ended.report
    assert (ended.code, report.outcome, report.exit_code) == (65, "failed", 65)
    expected = Counter({(kind, reason): n for kind, errors in READ.items() for reason, n in errors.items()})
    assert Counter((kind_of(error.url), error.reason.split(":")[0]) for error in report.errors) == expected
    assert report.rejected == {reason: n for errors in READ.values() for reason, n in errors.items()}
    for error in report.errors:
        if kind_of(error.url) is not Misbehaviour.DISALLOWED:
            assert error.saved_copy is not None
            assert error.url in Path(error.saved_copy).read_text()
    read = Counter(kind_of(row["source_url"]) for row in parquet_rows(tmp_path / "output"))
    assert read == {kind: 62 if kind is Misbehaviour.NO_STARS else 66 for kind in READ if kind not in UNREADABLE}
    asked = Counter(map(kind_of, pages_asked(server)))
    assert asked[Misbehaviour.DISALLOWED] == 0
    assert asked[Misbehaviour.ENDLESS] == asked[Misbehaviour.SLOW] == 4


@pytest.mark.parametrize("kind", BLOCKED)
def test_nothing_more_is_sent_after_a_block(kind: Misbehaviour, program: Program, server: DemoServer) -> None:
    reason, requests = BLOCKED[kind]
    ended = program.run("crawl", *companies(kind, Misbehaviour.EMPTY_REVIEWS), WAITS="2")
    assert (ended.code, ended.report.outcome, ended.report.rejected) == (64, "blocked", {reason: 1})
    assert len(pages_asked(server)) == requests
    assert len(set(pages_asked(server))) == 1


def test_a_site_that_forbids_everything_is_a_block(program: Program, server: DemoServer) -> None:
    ended = program.run("crawl", *companies(Misbehaviour.DISALLOWED))
    assert (ended.code, ended.report.rejected) == (64, {"robots": 2})
    assert pages_asked(server) == []


def test_errors_below_the_threshold_are_reported_and_do_not_fail_the_run(program: Program) -> None:
    names = companies(Misbehaviour.EMPTY_REVIEWS, Misbehaviour.FLAKY)
    ended = program.run("crawl", *names, "changed-2019.example", MAX_PAGE_ERROR_SHARE="0.2")
    assert (ended.code, ended.report.rejected) == (0, {"unknown_markup": 1})
    assert [error.reason.split(":")[0] for error in ended.report.errors] == ["unknown_markup"]


def test_a_failed_run_ends_the_round_and_what_could_not_be_read_comes_last(
    program: Program, server: DemoServer
) -> None:
    names = ["changed-2019.example", "wrong-count-today.example", "empty-reviews-2019.example"]
    arguments = ("crawl", "--company", *names, "--until-known")
    assert program.run(*arguments).code == 65
    server.site.asked.clear()
    ended = program.run(*arguments)
    assert (ended.code, ended.report.new_items) == (65, 0)
    asked = [path.split("/review/")[1].split("?")[0] for path in pages_asked(server)]
    # What was read well costs a page, what was read badly all of them.
    assert sorted(asked[:-1]) == [names[2], names[1], names[1]]
    assert asked[-1] == names[0]


def test_a_site_that_is_away_is_not_read(program: Program) -> None:
    ended = program.run("crawl", "--company", "a.example", SITE_URL="http://127.0.0.1:9")
    assert ended.code == 69
    assert "robots.txt does not answer" in ended.stderr
