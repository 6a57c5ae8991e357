"""What the parsers read of the demo site's pages against what the pages were made from."""

import re
from collections.abc import Callable

import pytest
from opine_demo_site.catalogue import Catalogue, Company, Review
from opine_scraping.issues import ParseError, Reason
from opine_scraping.items import CompanyItem, ReviewItem
from opine_scraping.parsers import REVIEWS, choose_parser, parse_list
from opine_scraping.parsers.next_data import ReviewData as Entry
from opine_scraping.parsers.page import ListRead, Page
from pydantic import ValidationError

PageOf = Callable[[str], Page]

MARKUPS = pytest.mark.parametrize("markup", ["2019", "today"])


def read(page: Page) -> ListRead:
    return choose_parser(REVIEWS, page).parse(page)


def reviews_of(result: ListRead) -> list[ReviewItem]:
    return [item for item in result.items if isinstance(item, ReviewItem)]


def joined(text: str) -> str:
    return " ".join(text.split())


def assert_same(item: ReviewItem, review: Review, company: Company) -> None:
    assert (item.source_review_id, item.company, item.stars) == (review.id, company.domain, review.stars)
    assert (item.title, item.text) == (review.title, joined(review.text))
    assert (item.reviewed_at, item.country, item.verified) == (review.published, review.country, review.verified)
    assert (item.reply is None) == (review.reply is None)
    assert item.language == (None if company.markup == "2019" else "en")


def test_every_review_of_every_page_is_read_as_it_was_made(catalogue: Catalogue, page_of: PageOf) -> None:
    seen = {"2019": 0, "today": 0}
    for company in catalogue.companies.values():
        if company.misbehaviour is not None:
            continue
        result = read(page_of(f"/review/{company.domain}"))
        made = catalogue.page_of_reviews(company, 1)
        assert [item.source_review_id for item in reviews_of(result)] == list(result.ids)
        for item, review in zip(reviews_of(result), made, strict=True):
            assert_same(item, review, company)
        seen[company.markup] += len(made)
        assert result.counts.total == company.review_count
        assert not result.issues
    assert min(seen.values()) > 50


@MARKUPS
def test_the_company_is_read(page_of: PageOf, markup: str) -> None:
    domain = f"empty-reviews-{markup}.example"
    company, *_ = read(page_of(f"/review/{domain}?page=2")).items
    assert isinstance(company, CompanyItem)
    assert (company.company, company.name) == (domain, "Empty reviews")
    # Neither padding nor tracking parameters.
    assert company.website in {f"https://{domain}", f"https://{domain}/"}
    assert company.logo == f"https://127.0.0.1/logos/{domain}.png"


@MARKUPS
def test_an_empty_review_in_the_middle_shifts_no_stars(catalogue: Catalogue, page_of: PageOf, markup: str) -> None:
    """The system of 2019 zipped two lists: after the first card without text, every label was its neighbour's."""
    company = catalogue.companies[f"empty-reviews-{markup}.example"]
    made = catalogue.page_of_reviews(company, 1)
    read_reviews = reviews_of(read(page_of(f"/review/{company.domain}")))
    assert [item.text == "" for item in read_reviews] == [index % 3 == 1 for index in range(len(made))]
    assert [item.stars for item in read_reviews] == [review.stars for review in made]
    zipped = zip([item.text for item in read_reviews if item.text], [review.stars for review in made], strict=False)
    right = {joined(review.text): review.stars for review in made if review.text}
    assert any(right[text] != stars for text, stars in zipped), "these reviews would not have shown the fault of 2019"


@MARKUPS
def test_a_card_without_stars_is_a_fault_of_its_own(catalogue: Catalogue, page_of: PageOf, markup: str) -> None:
    company = catalogue.companies[f"no-stars-{markup}.example"]
    made = catalogue.page_of_reviews(company, 1)
    result = read(page_of(f"/review/{company.domain}"))
    assert [fault.reason for fault in result.issues] == [Reason.NO_STARS]
    assert list(result.ids) == [review.id for number, review in enumerate(made) if number != 3]


@MARKUPS
def test_no_reviewer_is_named_in_anything_that_is_read(catalogue: Catalogue, page_of: PageOf, markup: str) -> None:
    company = catalogue.companies[f"slow-{markup}.example"]
    made = catalogue.page_of_reviews(company, 1)
    replied = [review for review in made if review.reply]
    assert replied
    assert all(review.reviewer.split()[0] in (review.reply or "") for review in replied)
    everything = "".join(item.model_dump_json() for item in read(page_of(f"/review/{company.domain}")).items)
    for review in made:
        assert review.reviewer not in everything
    for item, review in zip(reviews_of(read(page_of(f"/review/{company.domain}"))), made, strict=True):
        assert review.reviewer.split()[0] not in (item.reply or "")


@MARKUPS
def test_a_page_redact_reads_the_same(catalogue: Catalogue, page_of: PageOf, markup: str) -> None:
    company = catalogue.companies[f"slow-{markup}.example"]
    page = page_of(f"/review/{company.domain}")
    parser = choose_parser(REVIEWS, page)
    anonymous = parser.redact(page)
    assert parser.parse(Page(anonymous, page.url, page.read_at)) == parser.parse(page)
    for review in catalogue.page_of_reviews(company, 1):
        assert review.reviewer in page.text
        assert review.reviewer not in anonymous


@MARKUPS
def test_pages_are_linked_to_the_last(page_of: PageOf, markup: str) -> None:
    first = read(page_of(f"/review/slow-{markup}.example"))
    assert first.next_url is not None
    last = read(page_of(first.next_url))
    assert last.next_url is None
    assert len({*first.ids, *last.ids}) == first.counts.total


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n",
        "<!-- nothing else -->",
        "<p>hello",
        '<script id="__NEXT_DATA__" type="application/json">{"props":{"pageProps":{"reviews":[]}}}</script>',
        '<script id="__NEXT_DATA__">{"props":{"pageProps":{"businessUnit":{},"reviews":[],"filters":{}}}}</script>',
        '<script id="__NEXT_DATA__">{"props"</script>',
        '<span class="multi-size-header__big">Shop</span>',
    ],
)
def test_other_markup_is_an_error(page_of: PageOf, text: str) -> None:
    page = Page(text, "http://127.0.0.1/review/shop.example", page_of("/categories").read_at)
    with pytest.raises(ParseError) as error:
        read(page)
    assert error.value.issue.reason is Reason.UNKNOWN_MARKUP


def test_a_next_link_to_another_site_is_an_error(page_of: PageOf) -> None:
    page = page_of("/review/slow-2019.example")
    moved = page.text.replace('href="/review/slow-2019.example?', 'href="https://elsewhere.example/review/x?')
    with pytest.raises(ParseError) as error:
        read(Page(moved, page.url, page.read_at))
    assert error.value.issue.reason is Reason.FOREIGN_LINK


@MARKUPS
@pytest.mark.parametrize(
    "date", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "2999-01-01T00:00:00+00:00"]
)
def test_a_date_that_cannot_be_costs_its_review(page_of: PageOf, markup: str, date: str) -> None:
    page = page_of(f"/review/slow-{markup}.example")
    changed = re.sub(r'(?<="publishedDate": ")[^"]+', date, page.text, count=1)
    result = parse_list(REVIEWS, Page(changed, page.url, page.read_at))
    assert [issue.reason for issue in result.issues] == [Reason.BAD_CARD]
    assert len(result.ids) == 19


@pytest.mark.parametrize("total", ["9" * 30, "9" * 5000, "\u00b2\u00b3"])
def test_a_total_of_2019_that_cannot_be_costs_itself(page_of: PageOf, total: str) -> None:
    page = page_of("/review/slow-2019.example")
    changed = re.sub(r"(?<=headline__review-count\">)[^<]+", total, page.text)
    result = parse_list(REVIEWS, Page(changed, page.url, page.read_at))
    assert (result.counts.total, len(result.ids), result.issues) == (None, 20, ())
    assert [issue.reason for issue in result.page_issues] == [Reason.UNKNOWN_MARKUP]


def test_no_error_message_repeats_what_a_page_says() -> None:
    with pytest.raises(ValidationError) as error:
        Entry.model_validate({"id": "1", "rating": 4, "consumer": {"displayName": ["Ada Holt"]}})
    assert "Ada" not in str(error.value)
