"""A site that errs or means harm: one bad value costs itself, never the run; what must not be asked is not asked."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from opine_demo_site.answers import Answer
from opine_demo_site.catalogue import Catalogue
from opine_demo_site.server import DemoServer
from opine_scraping.pagination import UNPROMISED_PAGES

from tests.support.scraping.run import Ended, Program, pages_asked, parquet_rows, serving

GOOD, PLAIN = "empty-reviews-today.example", "empty-reviews-2019.example"
ELSEWHERE = "http://elsewhere"
_DATA = re.compile(r'(<script id="__NEXT_DATA__" type="application/json">)(.*?)(</script>)', re.DOTALL)

Props = dict[str, Any]
Change = Callable[[Answer], Answer]


@pytest.fixture
def catalogue() -> Catalogue:
    return Catalogue(companies_per_sub_category=1, most_reviews=60, misbehaving=True)


@pytest.fixture
def elsewhere() -> Iterator[DemoServer]:
    """Another server on this machine, which nobody allowed to be asked."""
    with serving(Catalogue(companies_per_sub_category=1)) as found:
        yield found


class Editor:
    """Changes what the site answers."""

    def __init__(self, server: DemoServer, monkeypatch: pytest.MonkeyPatch) -> None:
        self._companies = server.site.catalogue.companies
        self._changes: dict[str, Change] = {}
        ordinary = server.site.answer

        def changed(target: str) -> Answer:
            found = ordinary(target)
            for path, change in self._changes.items():
                found = change(found) if re.match(path, target) else found
            return found

        monkeypatch.setattr(server.site, "answer", changed)

    def answer(self, path: str, change: Change) -> None:
        """Change the answers to paths that begin so, a regular expression."""
        self._changes[path] = change

    def new(self, case: str, reviews: int = 33, per_page: int = 20) -> str:
        """One more company in today's markup, for a case of its own."""
        name = f"{re.sub('[^a-z0-9]+', '-', case.lower())}.example"
        self._companies[name] = replace(
            self._companies[GOOD], domain=name, name=case, review_count=reviews, per_page=per_page
        )
        return name

    def props(self, company: str, change: Callable[[Props], object]) -> None:
        """Change the JSON of a company's pages."""

        def changed(found: Answer) -> Answer:
            match = _DATA.search(found.body)
            assert match is not None
            data = json.loads(match[2])
            change(data["props"]["pageProps"])
            text = json.dumps(data).replace("</", "<\\/")
            return Answer(found.body[: match.start(2)] + text + found.body[match.end(2) :])

        self.answer(f"/review/{company}", changed)


@pytest.fixture
def edit(server: DemoServer, monkeypatch: pytest.MonkeyPatch) -> Editor:
    return Editor(server, monkeypatch)


def read_of(ended: Ended) -> Counter[str]:
    return Counter(row["company"] for row in parquet_rows(ended.folder / "output"))


def company_of(url: str) -> str:
    return url.split("/review/")[1].split("?", maxsplit=1)[0]


def nested(depth: int) -> list[Any]:
    found: list[Any] = []
    for _ in range(depth):
        found = [found]
    return found


def moved(to: str) -> Change:
    return lambda _: Answer("", 302, headers={"Location": to})


BAD_ENTRIES: dict[str, Any] = {
    "a date that overflows": {"dates": {"publishedDate": "9999-12-31T23:59:59-14:00"}},
    "a date to come": {"dates": {"publishedDate": "2999-01-01T00:00:00Z"}},
    "a date before there was a web": {"dates": {"publishedDate": "0001-01-01T00:00:00+14:00"}},
    "NUL in an id": {"id": "a\x00b"},
    "half a surrogate pair in an id": {"id": "a\ud800"},
    "an id without end": {"id": "a" * 100_000},
    "a text without end": {"text": "a" * 1_000_000},
    "a language that is a path": {"language": "x/../../../../PWN/y"},
    "a language that is a list": {"language": ["en"]},
    "a country that is a path": {"consumer": {"displayName": "A B", "countryCode": "../.."}},
    "nothing": None,
    "nested lists in place of a text": {"text": nested(500)},
}


def test_bad_entries_are_rejected_counted_and_kept(program: Program, edit: Editor, tmp_path: Path) -> None:
    def change(props: Props) -> None:
        for number, values in enumerate(BAD_ENTRIES.values()):
            if number < len(props["reviews"]):
                props["reviews"][number] = None if values is None else props["reviews"][number] | values

    bad = edit.new("bad entries", reviews=20)
    edit.props(bad, change)
    ended = program.run("crawl", "--company", bad, GOOD)
    assert (ended.code, ended.report.rejected) == (65, {"bad_card": len(BAD_ENTRIES)}), ended.stderr
    assert read_of(ended) == {bad: 20 - len(BAD_ENTRIES), GOOD: 33}
    said = [error.reason for error in ended.report.errors]
    assert [int(reason.split("review ")[1].split(":")[0]) for reason in said] == [*range(1, len(BAD_ENTRIES) + 1)]
    assert all(error.saved_copy and Path(error.saved_copy).exists() for error in ended.report.errors)
    assert not list(tmp_path.parent.rglob("PWN"))


BAD_PAGES: dict[str, Callable[[Props], object]] = {
    "a total of 10^30": lambda props: props["filters"]["pagination"].update(totalCount=10**30),
    "10^30 pages": lambda props: props["filters"]["pagination"].update(totalPages=10**30),
    "a page number of 10^30": lambda props: props["filters"]["pagination"].update(currentPage=10**30),
    "a website that is no address": lambda props: props["businessUnit"].update(websiteUrl="http://[::1"),
    "a company that is a path": lambda props: props["businessUnit"].update(identifyingName="../../x"),
    "a JSON too deep to mask": lambda props: props.update(reviews="no list", deep=nested(700)),
}
# What a page says of its company beside its key; what of it is stored in its place.
BAD_DETAILS: dict[str, tuple[Props, Props]] = {
    "a category that is a number": ({"breadcrumb": {"topLevelDisplayName": 5}}, {"category": None}),
    "a category without end": ({"breadcrumb": {"topLevelDisplayName": "c" * 9_000}}, {"category": None}),
    "a name without end": ({"displayName": "n" * 9_000}, {"name": "KEY"}),
    "a name that is a list": ({"displayName": ["x"]}, {"name": "KEY"}),
    "no name": ({"displayName": None}, {"name": "KEY"}),
    "a website that is a number": ({"websiteUrl": 5}, {"website": None}),
    "a website without end": ({"websiteUrl": f"https://x.example/{'a' * 9_000}"}, {"website": None}),
    "a website that is no address": ({"websiteUrl": "http://[::1"}, {"website": None}),
    "a picture without end": ({"profileImageUrl": f"https://x.example/{'a' * 9_000}"}, {"logo": None}),
    "a picture that is a program": ({"profileImageUrl": "javascript:alert(1)"}, {"logo": None}),
    "a picture that is nested lists": ({"profileImageUrl": nested(300)}, {"logo": None}),
}


def test_what_cannot_be_of_a_company_costs_none_of_its_reviews(program: Program, edit: Editor) -> None:
    names = {edit.new(case): case for case in BAD_DETAILS}
    for name, case in names.items():
        edit.props(name, lambda props, case=case: props["businessUnit"].update(BAD_DETAILS[case][0]))  # type: ignore[misc]
    ended = program.run("crawl", "--company", *names)
    assert read_of(ended) == dict.fromkeys(names, 33), ended.stderr
    assert ended.report.rejected == {"bad_card": len(BAD_DETAILS)}
    stored = {row["company"]: row for row in parquet_rows(ended.folder / "output", "companies")}
    for name, case in names.items():
        kept = {field: name if value == "KEY" else value for field, value in BAD_DETAILS[case][1].items()}
        assert stored[name] | kept == stored[name], case


BAD_LINKS = ("http://[::1", "//[::1/x", "http://127.0.0.1:99999/x")
TOO_DEEP = '<script id="__NEXT_DATA__" type="application/json">' + "[" * 100_000 + "]" * 100_000 + "</script>"


def test_bad_pages_are_reported_and_kept_and_the_run_goes_on(program: Program, edit: Editor) -> None:
    bad = []
    for case, change in BAD_PAGES.items():
        bad.append(edit.new(case))
        edit.props(bad[-1], change)
    for link in BAD_LINKS:
        bad.append(edit.new(f"a link to {link}"))
        linked = rf'\g<1>{link}"'
        edit.answer(
            f"/review/{bad[-1]}",
            lambda found, linked=linked: Answer(  # type: ignore[misc]
                re.sub(r'(pagination-button-next"[^>]* href=")[^"]*"', linked, found.body)
            ),
        )
    bad.append(edit.new("JSON too deep to read"))
    edit.answer(f"/review/{bad[-1]}", lambda _: Answer(TOO_DEEP))
    ended = program.run("crawl", "--company", *bad, GOOD)
    assert ended.code == 65, ended.stderr
    assert read_of(ended)[GOOD] == 33
    assert {company_of(error.url) for error in ended.report.errors} == set(bad)
    assert all(error.saved_copy and Path(error.saved_copy).exists() for error in ended.report.errors)


def test_a_page_that_unpacks_to_300_mib_takes_little_memory(program: Program, edit: Editor) -> None:
    bomb = Answer(" " * (300 * 1024 * 1024), headers={"Content-Encoding": "gzip"})
    bad = edit.new("bomb")
    edit.answer(f"/review/{bad}", lambda _: bomb)
    peak_kib = 0
    with program.start("crawl", "--company", bad, GOOD) as process:
        while process.poll() is None:
            lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
            peak_kib = max([peak_kib, *(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))])
        process.communicate(timeout=60)
    ended = Ended(process.returncode, "", "", program.folder)
    assert ended.report.rejected == {"too_large": 1}
    assert read_of(ended) == {GOOD: 33}
    assert peak_kib < 350 * 1024


def test_a_company_that_is_gone_stops_no_round(program: Program, server: DemoServer, edit: Editor) -> None:
    gone = edit.new("gone")
    edit.answer(f"/review/{gone}", lambda _: Answer("gone", 404))
    for _ in range(3):
        server.site.asked.clear()
        ended = program.run("crawl", "--company", gone, GOOD, "--until-known")
        assert ended.code == 65
        assert [company_of(error.url) for error in ended.report.errors] == [gone]
        assert {company_of(path) for path in pages_asked(server)} == {gone, GOOD}


def test_a_company_that_blocks_is_tried_last(program: Program, server: DemoServer, edit: Editor) -> None:
    bad = edit.new("blocks")
    edit.answer(f"/review/{bad}", lambda _: Answer("no", 403))
    assert program.run("crawl", "--company", bad, GOOD).code == 64
    assert len(pages_asked(server)) == 1
    ended = program.run("crawl", "--company", bad, GOOD)
    assert (ended.code, read_of(ended)) == (64, {GOOD: 33})


def test_a_company_at_whose_page_a_run_was_killed_is_tried_last(program: Program, server: DemoServer) -> None:
    companies = ("crawl", "--company", "slow-today.example", GOOD)
    with program.start(*companies) as process:
        while not pages_asked(server):
            pass
        process.kill()
    server.site.asked.clear()
    assert program.run(*companies).code == 0
    assert company_of(pages_asked(server)[0]) == GOOD


# Where to, and what is said. Scrapy itself follows no file.
REDIRECTS = {
    "another port": (f"{ELSEWHERE}/review/x", "foreign_link"),
    "another name of this machine": (f"{ELSEWHERE.replace('elsewhere', 'localhost')}/review/x", "foreign_link"),
    "the node's metadata": ("http://169.254.169.254/latest/meta-data/", "foreign_link"),
    "another scheme": (f"{ELSEWHERE.replace('http:', 'https:')}/review/x", "foreign_link"),
    "somebody's password": ("http://user:secret@127.0.0.1/review/x", "foreign_link"),
    "a file": ("file:///etc/passwd", "http_status"),
    "what robots.txt forbids": ("/review/disallowed-2019.example", "robots"),
}


def test_a_redirect_goes_only_where_the_spider_may(
    program: Program, server: DemoServer, elsewhere: DemoServer, edit: Editor
) -> None:
    names = {edit.new(case): case for case in REDIRECTS}
    for name, case in names.items():
        to = REDIRECTS[case][0].replace("localhost", f"localhost:{elsewhere.server_port}")
        edit.answer(f"/review/{name}", moved(to.replace("elsewhere", f"127.0.0.1:{elsewhere.server_port}")))
    ended = program.run("crawl", "--company", *names, GOOD)
    assert ended.report.rejected == Counter(reason for _, reason in REDIRECTS.values())
    assert elsewhere.site.asked.total() == 0
    assert not [path for path in server.site.asked if "disallowed" in path]
    assert read_of(ended) == {GOOD: 33}


def test_robots_txt_is_not_fetched_from_elsewhere(program: Program, elsewhere: DemoServer, edit: Editor) -> None:
    edit.answer("/robots.txt", moved(f"{elsewhere.url}/robots.txt"))
    ended = program.run("crawl", "--company", GOOD)
    assert (ended.code, "redirects to another site" in ended.stderr) == (69, True)
    assert elsewhere.site.asked.total() == 0


ROBOTS: dict[str, tuple[Answer, int]] = {
    "a byte order mark": (Answer("\ufeffUser-agent: *\nDisallow: /\n"), 64),
    "line ends of another age": (Answer("User-agent: *\rDisallow: /\r"), 64),
    "capitals and blanks": (Answer(" USER-AGENT : *\n DISALLOW : / # all\n"), 64),
    "percent signs": (Answer("User-agent: *\nDisallow: /%72eview\n"), 64),
    "two bytes a letter": (Answer("\0".join("User-agent: *\nDisallow: /\n")), 69),
    "NUL": (Answer("User-agent: *\0\nDisallow: /\n"), 69),
    "gzip": (Answer("User-agent: *\nDisallow: /\n", headers={"Content-Encoding": "gzip"}), 69),
    "a coding that nobody knows": (Answer("User-agent: *\nDisallow: /\n", headers={"Content-Encoding": "x"}), 69),
}


@pytest.mark.parametrize("case", ROBOTS)
def test_what_robots_txt_forbids_is_not_asked_for_however_it_is_written(
    program: Program, server: DemoServer, edit: Editor, case: str
) -> None:
    answer, code = ROBOTS[case]
    edit.answer("/robots.txt", lambda _: answer)
    ended = program.run("crawl", "--company", GOOD)
    assert ended.code == code, ended.stderr
    assert pages_asked(server) == []


def test_a_field_that_is_renamed_ends_the_run_with_its_name(program: Program, edit: Editor) -> None:
    renamed = edit.new("renamed")
    edit.props(renamed, lambda props: [review.update(body=review.pop("text")) for review in props["reviews"]])
    ended = program.run("crawl", "--company", renamed)
    assert (ended.code, ended.report.rejected) == (65, {"fill_rate": 1})
    (error,) = ended.report.errors
    assert error.reason == "fill_rate: text has a value in 0 of 33 reviews (next-data/1)"


def test_names_are_taken_out_wherever_they_stand(
    program: Program, edit: Editor, catalogue: Catalogue, tmp_path: Path
) -> None:
    def drift(props: Props) -> None:
        for review in props["reviews"]:
            author = review.pop("consumer")
            review["text"] += f" As ever, {author['displayName']}"
            review["author"] = {"shown": author["displayName"], "country": author["countryCode"]}
        props["reviewsByAuthor"] = {review["author"]["shown"]: review["id"] for review in props["reviews"]}

    drifted, broken = edit.new("drifted"), edit.new("unreadable")
    edit.props(drifted, drift)

    def drift_and_break(props: Props) -> None:
        drift(props)
        props["businessUnit"] = None

    edit.props(broken, drift_and_break)
    cache = tmp_path / "cache"
    ended = program.run("crawl", "--company", drifted, broken, "--output", "csv", CACHE_DIR=str(cache))
    assert (ended.code, ended.report.rejected) == (65, {"unknown_markup": 1, "fill_rate": 2})
    assert {error.reason.split()[1] for error in ended.report.errors} >= {"reviewer", "country"}
    reviewers = {
        catalogue.review(catalogue.companies[name], number).reviewer
        for name in (drifted, broken)
        for number in range(33)
    }
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert {file.suffix for file in files} >= {".csv", ".html", ".json", ".sqlite"}
    assert any(file.is_relative_to(cache) for file in files)
    for file in files:
        content = file.read_bytes().decode(errors="replace")
        assert not [name for name in reviewers if name in content], file
        # The companies' answers greet by the first name.
        assert not re.search(rf"\b(?:Hi|Dear|Hello) (?:{'|'.join(name.split()[0] for name in reviewers)})\b", content)


AGAIN = "the last page again"
CAPS: dict[str, Change | None] = {
    "no next link": None,
    "a login that robots.txt forbids": moved("/users/connect?next=x"),
    "a login": moved("/login"),
    "a login elsewhere": moved("https://login.example/"),
    AGAIN: moved(f"/review/{AGAIN.replace(' ', '-')}.example?languages=all&sort=recency&page=2"),
    "not found": lambda _: Answer("", 404),
}


def test_a_cap_is_neither_success_nor_failure(program: Program, edit: Editor) -> None:
    names = {edit.new(case, reviews=950, per_page=100): case for case in CAPS}
    for name, case in names.items():
        beyond = CAPS[case]
        if beyond is not None:
            edit.answer(rf"/review/{name}.*page=[3-9]", beyond)
        else:
            edit.answer(
                rf"/review/{name}.*page=2",
                lambda found: Answer(re.sub(r'href="[^"]*">Next page', 'aria-disabled="true">', found.body)),
            )
    edit.answer("/login", lambda _: Answer("<h1>Log in</h1>"))
    first, second = [program.run("crawl", "--company", *names, "--until-known").code for _ in range(2)]
    assert (first, second) == (0, 0)
    reports = Ended(0, "", "", program.folder).reports()
    assert (reports[0].pages, reports[0].rejected) == (2 * len(CAPS), {"capped": len(CAPS)})
    assert {company_of(error.url): error.reason for error in reports[0].errors} == dict.fromkeys(
        names, "capped: 200 of 950 entries are shown"
    )
    # Each company ends at its first known page in the next night; one at which a wall stood is looked at once more.
    assert reports[1].pages <= 2 * len(CAPS)
    assert reports[1].new_items == 0
    assert Counter(row["company"] for row in parquet_rows(program.folder / "output")) == dict.fromkeys(names, 200)


def test_a_list_without_an_end_ends(program: Program, edit: Editor) -> None:
    def say_little(props: Props) -> None:
        said = props["filters"]["pagination"]
        said.update(totalCount=20 * (said["currentPage"] + 5), totalPages=said["currentPage"] + 5)

    endless = edit.new("endless", reviews=100_000)
    edit.props(endless, say_little)
    ended = program.run("crawl", "--company", endless, GOOD)
    # One page of a hundred is below what fails a run.
    assert (ended.code, ended.report.rejected) == (0, {"endless": 1}), ended.stderr
    assert read_of(ended) == {endless: 20 * (UNPROMISED_PAGES + 1), GOOD: 33}
