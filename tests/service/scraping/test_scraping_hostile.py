"""A site that errs or means harm: one bad value costs itself, never the run; what must not be asked is not asked."""

import gzip
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from opine_demo_site.answers import Answer
from opine_demo_site.catalogue import Catalogue
from opine_demo_site.server import DemoServer
from scraping_run import Ended, Program, pages_asked, parquet_rows, serving

CATALOGUE = Catalogue(companies_per_sub_category=2, most_reviews=60, misbehaving=True)
BAD = next(
    name for name, made in CATALOGUE.companies.items() if made.markup == "today" and 22 <= made.review_count <= 40
)
BAD_COUNT = CATALOGUE.companies[BAD].review_count
GOOD = "empty-reviews-today.example"
BOTH = ("crawl", "--company", BAD, GOOD)
_DATA = re.compile(r'(<script id="__NEXT_DATA__" type="application/json">)(.*?)(</script>)', re.DOTALL)


@pytest.fixture
def catalogue() -> Catalogue:
    return CATALOGUE


class Editor:
    """Changes what the site answers."""

    def __init__(self, server: DemoServer, monkeypatch: pytest.MonkeyPatch) -> None:
        self._server, self._monkeypatch = server, monkeypatch

    def answer(self, path: str, change: Callable[[str, Answer], Answer]) -> None:
        """Change the answers to paths that begin so."""
        ordinary = self._server.site.answer

        def changed(target: str) -> Answer:
            found = ordinary(target)
            return change(target, found) if target.startswith(path) else found

        self._monkeypatch.setattr(self._server.site, "answer", changed)

    def props(self, company: str, change: Callable[[dict[str, Any]], object]) -> None:
        """Change the JSON of a company's pages."""

        def changed(_: str, found: Answer) -> Answer:
            assert isinstance(found.body, str)
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


@pytest.fixture
def elsewhere() -> Iterator[DemoServer]:
    """Another server on this machine, which nobody allowed to be asked."""
    with serving(Catalogue(companies_per_sub_category=1)) as found:
        yield found


def set_entry(**values: Any) -> Callable[[dict[str, Any]], object]:  # noqa: ANN401  any JSON
    return lambda props: props["reviews"][1].update(values)


def published(moment: str) -> Callable[[dict[str, Any]], object]:
    return set_entry(dates={"publishedDate": moment})


def nested(depth: int) -> list[Any]:
    found: list[Any] = []
    for _ in range(depth):
        found = [found]
    return found


BAD_ENTRIES: dict[str, Callable[[dict[str, Any]], object]] = {
    "a date that overflows": published("9999-12-31T23:59:59-14:00"),
    "a date to come": published("2999-01-01T00:00:00Z"),
    "a date before there was a web": published("0001-01-01T00:00:00+14:00"),
    "NUL in an id": set_entry(id="a\x00b"),
    "half a surrogate pair in an id": set_entry(id="a\ud800"),
    "an id without end": set_entry(id="a" * 100_000),
    "a text without end": set_entry(text="a" * 1_000_000),
    "a language that is a path": set_entry(language="x/../../../../PWN/y"),
    "a language that is a list": set_entry(language=["en"]),
    "a country that is a path": set_entry(consumer={"displayName": "A B", "countryCode": "../.."}),
    "nothing": lambda props: props["reviews"].__setitem__(1, None),
    "nested lists in place of a text": set_entry(text=nested(500)),
}
BAD_PAGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "a total of 10^30": lambda props: props["filters"]["pagination"].update(totalCount=10**30),
    "10^30 pages": lambda props: props["filters"]["pagination"].update(totalPages=10**30),
    "a page number of 10^30": lambda props: props["filters"]["pagination"].update(currentPage=10**30),
    "a website that is no address": lambda props: props["businessUnit"].update(websiteUrl="http://[::1"),
    "a name of the company that is a path": lambda props: props["businessUnit"].update(identifyingName="../../x"),
    "a JSON too deep for the masking": lambda props: props.update(reviews="no list", deep=nested(700)),
}


def assert_the_rest_is_read(ended: Ended) -> None:
    assert ended.code in {0, 65}, ended.stderr
    rows = parquet_rows(ended.folder / "output")
    assert len([row for row in rows if row["company"] == GOOD]) == 33
    assert sum(ended.report.rejected.values()) > 0
    errors = [error for error in ended.report.errors if BAD in error.url]
    assert errors
    assert all(error.saved_copy and Path(error.saved_copy).exists() for error in errors)


@pytest.mark.parametrize("case", BAD_ENTRIES)
def test_one_bad_entry_is_rejected_counted_and_kept(program: Program, edit: Editor, case: str) -> None:
    edit.props(BAD, BAD_ENTRIES[case])
    ended = program.run(*BOTH)
    assert_the_rest_is_read(ended)
    rows = parquet_rows(ended.folder / "output")
    # One of each of its two pages.
    assert len([row for row in rows if row["company"] == BAD]) == BAD_COUNT - 2
    assert ended.report.rejected == {"bad_card": 2}


@pytest.mark.parametrize("case", BAD_PAGES)
def test_one_bad_page_is_reported_and_the_run_goes_on(program: Program, edit: Editor, case: str) -> None:
    edit.props(BAD, BAD_PAGES[case])
    assert_the_rest_is_read(program.run(*BOTH))


@pytest.mark.parametrize("link", ["http://[::1", "//[::1/x", "http://127.0.0.1:99999/x"])
def test_a_next_link_that_is_no_address_is_reported(program: Program, edit: Editor, link: str) -> None:
    def change(_: str, found: Answer) -> Answer:
        return Answer(re.sub(r'(pagination-button-next"[^>]* href=")[^"]*', rf"\g<1>{link}", str(found.body)))

    edit.answer(f"/review/{BAD}", change)
    assert_the_rest_is_read(program.run(*BOTH))


def test_json_too_deep_to_be_read_is_an_unknown_markup(program: Program, edit: Editor) -> None:
    deep = '<script id="__NEXT_DATA__" type="application/json">' + "[" * 100_000 + "]" * 100_000 + "</script>"
    edit.answer(f"/review/{BAD}", lambda _target, _found: Answer(deep))
    ended = program.run(*BOTH)
    assert_the_rest_is_read(ended)
    assert ended.report.rejected == {"unknown_markup": 1}


def test_a_page_that_unpacks_to_300_mib_takes_little_memory(program: Program, edit: Editor) -> None:
    bomb = gzip.compress(b" " * (300 * 1024 * 1024), compresslevel=9)
    packed = {"Content-Encoding": "gzip"}
    edit.answer(f"/review/{BAD}", lambda _target, _found: Answer(bomb, headers=packed))
    with program.start(*BOTH) as process:
        peak = 0
        while process.poll() is None:
            status = Path(f"/proc/{process.pid}/status")
            try:
                peak = max(peak, *(int(line.split()[1]) for line in status.read_text().splitlines() if "VmHWM" in line))
            except (OSError, TypeError):
                break
        process.communicate(timeout=60)
    ended = Ended(process.returncode, "", "", program.folder)
    assert ended.report.rejected == {"too_large": 1}
    assert len(parquet_rows(ended.folder / "output")) == 33
    assert peak < 350 * 1024


ROUNDS = 3


def test_a_company_that_is_gone_stops_no_round(program: Program, server: DemoServer, edit: Editor) -> None:
    edit.answer(f"/review/{BAD}", lambda _target, _found: Answer("gone", 404))
    for _ in range(ROUNDS):
        server.site.asked.clear()
        ended = program.run(*BOTH, "--until-known")
        assert ended.code == 65
        assert [error.url.split("/review/")[1].split("?")[0] for error in ended.report.errors] == [BAD]
        assert ended.report.pages >= 1
        assert {path.split("?")[0] for path in pages_asked(server)} == {f"/review/{BAD}", f"/review/{GOOD}"}


def test_a_company_that_blocks_is_tried_last(program: Program, server: DemoServer, edit: Editor) -> None:
    edit.answer(f"/review/{BAD}", lambda _target, _found: Answer("no", 403))
    assert program.run(*BOTH).code == 64
    assert len(pages_asked(server)) == 1
    assert program.run(*BOTH).code == 64
    assert len(parquet_rows(program.folder / "output")) == 33


def test_a_company_whose_page_kills_the_run_is_tried_last(program: Program, server: DemoServer) -> None:
    with program.start("crawl", "--company", BAD, GOOD) as process:
        while not pages_asked(server):
            pass
        process.kill()
    server.site.asked.clear()
    assert program.run(*BOTH).code == 0
    assert GOOD in pages_asked(server)[0]


REDIRECTS = {
    "another port": lambda elsewhere: f"{elsewhere.url}/review/x",
    "another name of this machine": lambda elsewhere: f"{elsewhere.url.replace('127.0.0.1', 'localhost')}/review/x",
    "the node's metadata": lambda _: "http://169.254.169.254/latest/meta-data/",
    "another scheme": lambda elsewhere: f"{elsewhere.url.replace('http:', 'https:')}/review/x",
    "a file": lambda _: "file:///etc/passwd",
    "what robots.txt forbids": lambda _: "/review/disallowed-2019.example",
}


@pytest.mark.parametrize("case", REDIRECTS)
def test_a_redirect_goes_only_where_the_spider_may(
    program: Program, server: DemoServer, elsewhere: DemoServer, edit: Editor, case: str
) -> None:
    moved = {"Location": REDIRECTS[case](elsewhere)}
    edit.answer(f"/review/{BAD}", lambda _target, _found: Answer("", 302, headers=moved))
    ended = program.run(*BOTH)
    assert ended.code in {0, 65}
    # Scrapy itself follows no file.
    reason = {"what robots.txt forbids": "robots", "a file": "http_status"}.get(case, "foreign_link")
    assert ended.report.rejected == {reason: 1}
    assert elsewhere.site.asked.total() == 0
    assert not [path for path in server.site.asked if "disallowed" in path]


def test_robots_txt_is_not_fetched_from_elsewhere(program: Program, elsewhere: DemoServer, edit: Editor) -> None:
    moved = {"Location": f"{elsewhere.url}/robots.txt"}
    edit.answer("/robots.txt", lambda _target, _found: Answer("", 302, headers=moved))
    ended = program.run(*BOTH)
    assert ended.code == 69
    assert "robots.txt" in ended.stderr
    assert elsewhere.site.asked.total() == 0


@pytest.mark.parametrize(
    "site", ["http://169.254.169.254", "http://[fe80::1]", "http://0.0.0.0:8060", "http://224.0.0.1"]
)
def test_no_site_is_an_address_of_the_machines_around(program: Program, site: str) -> None:
    ended = program.run("crawl", "--company", "x.example", SITE_URL=site, CONTACT="me@example.org", THROTTLE="true")
    assert (ended.code, "address" in ended.stderr) == (2, True)


RENAMED: dict[str, tuple[str, Callable[[dict[str, Any]], object]]] = {
    field: (said, lambda review, field=field: review.update({f"{field}V2": review.pop(field)}))  # type: ignore[misc]
    for field, said in {"text": "text", "title": "title", "consumer": "reviewer", "language": "language"}.items()
}


@pytest.mark.parametrize("field", RENAMED)
def test_a_field_that_is_renamed_ends_the_run_with_its_name(program: Program, edit: Editor, field: str) -> None:
    said, rename = RENAMED[field]
    edit.props(GOOD, lambda props: [rename(review) for review in props["reviews"]])
    ended = program.run("crawl", "--company", GOOD)
    assert ended.code == 65
    assert [
        error.reason for error in ended.report.errors if error.reason.startswith("fill_rate") and said in error.reason
    ]


def test_names_are_taken_out_wherever_they_stand(
    program: Program, edit: Editor, catalogue: Catalogue, tmp_path: Path
) -> None:
    company = catalogue.companies[GOOD]
    made = [catalogue.review(company, index) for index in range(33)]

    def drift(props: dict[str, Any]) -> None:
        for review in props["reviews"]:
            author = review.pop("consumer")
            review["text"] += f" Regards, {author['displayName']}"
            review["author"] = {"shown": author["displayName"], "country": author["countryCode"]}
        props["reviewsByAuthor"] = {review["author"]["shown"]: review["id"] for review in props["reviews"]}
        props["users"] = {review["author"]["shown"].split()[0].lower(): 1 for review in props["reviews"]}

    edit.props(GOOD, drift)
    cache = tmp_path / "cache"
    ended = program.run("crawl", "--company", GOOD, "--output", "csv", CACHE_DIR=str(cache), SAVED_COPIES="9")
    assert ended.code == 65
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    for file in files:
        content = file.read_bytes().decode(errors="replace")
        assert not [review.reviewer for review in made if review.reviewer in content], file
        assert not [review.reviewer for review in made if review.reviewer.split()[0] + "," in content], file


def cap(server: DemoServer, edit: Editor, beyond: Callable[[str, Answer], Answer] | None) -> str:
    """A company of 95 reviews in the markup of today, of which its site shows two pages."""
    catalogue = Catalogue(companies_per_sub_category=1, most_reviews=60, markup="today", huge_reviews=950)
    server.site.catalogue = catalogue

    def capped(target: str, found: Answer) -> Answer:
        page = int(re.search(r"page=(\d+)", target)[1]) if "page=" in target else 1  # type: ignore[index]
        if beyond is None and page >= 2:
            return Answer(re.sub(r'href="[^"]*">Next page', 'aria-disabled="true">Next page', str(found.body)))
        return beyond(target, found) if beyond is not None and page > 2 else found

    edit.answer("/review/huge.example", capped)
    return "huge.example"


def moved(to: str) -> Callable[[str, Answer], Answer]:
    return lambda _target, _found: Answer("", 302, headers={"Location": to})


CAPS: dict[str, Callable[[str, Answer], Answer] | None] = {
    "no next link": None,
    "a login that robots.txt forbids": moved("/users/connect?next=x"),
    "a login": moved("/login"),
    "a login elsewhere": moved("https://login.example/"),
    "the last page again": moved("/review/huge.example?languages=all&sort=recency&page=2"),
    "not found": lambda _target, _found: Answer("", 404),
}


@pytest.mark.parametrize("case", CAPS)
def test_a_cap_is_neither_success_nor_failure(program: Program, server: DemoServer, edit: Editor, case: str) -> None:
    company = cap(server, edit, CAPS[case])
    edit.answer("/login", lambda _target, _found: Answer("<h1>Log in</h1>"))
    for _ in range(2):
        ended = program.run("crawl", "--company", company, "--until-known")
        assert ended.code == 0
    first = ended.reports()[0]
    assert (first.pages, first.rejected) == (2, {"capped": 1})
    (error,) = first.errors
    assert (company in error.url, "200 of 950" in error.reason) == (True, True)
    assert len(parquet_rows(program.folder / "output")) == 200
    # The next night ends at its first known page.
    assert ended.report.pages == 1


def test_nothing_is_written_outside_the_folder(program: Program, edit: Editor, tmp_path: Path) -> None:
    edit.props(BAD, set_entry(language="x/../../../../PWN/y"))
    program.run(*BOTH)
    assert not list(tmp_path.parent.rglob("PWN"))
